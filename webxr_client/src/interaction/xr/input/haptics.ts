/** Strengths of the pulses by which a controller vibrates, 0..1. */

/** Pulse when the brush meets points. */
export const ENTER_PULSE = 0.12;
/** Pulse when the hand reaches another tile, or a stroke begins. */
export const HOVER_PULSE = 0.25;
/** Pulse when the action of a tile runs. */
export const TILE_PULSE = 0.5;
/** Pulse when items are labelled or pinned. */
export const LABEL_PULSE = 0.9;
