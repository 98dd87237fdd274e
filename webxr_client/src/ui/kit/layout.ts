/** Sizes of the page in CSS pixels; the style sheets have the same numbers. */

/** Smallest width of a window in which the panels lie beside the cloud. */
export const WIDE = 900;
/** Width of the right panel with its margins. */
export const SIDE_PANEL = 332;
