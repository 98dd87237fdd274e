/** Strengths of the pulses by which a controller vibrates, 0..1. */

/** The brush meets points. */
export const ENTER_PULSE = 0.12;
/** The hand reaches another tile, or a stroke begins. */
export const HOVER_PULSE = 0.25;
/** A tile runs its action. */
export const TILE_PULSE = 0.5;
/** Items are labelled or pinned. */
export const LABEL_PULSE = 0.9;
