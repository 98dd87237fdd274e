/** Strengths of pulses, 0..1. */

/** The brush meets points. */
export const ENTER_PULSE = 0.12;
/** The hand has reached another tile. */
export const HOVER_PULSE = 0.25;
/** A tile has run its action. */
export const TILE_PULSE = 0.5;
/** Items are labelled. */
export const LABEL_PULSE = 0.9;
