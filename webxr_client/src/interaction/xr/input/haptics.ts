/** How firm a hand feels what happens, 0..1. */

/** The brush meets points. */
export const ENTER_PULSE = 0.12;
/** The hand is at another tile. */
export const HOVER_PULSE = 0.25;
/** A tile has done something. */
export const TILE_PULSE = 0.5;
/** Something is labelled. */
export const LABEL_PULSE = 0.9;
