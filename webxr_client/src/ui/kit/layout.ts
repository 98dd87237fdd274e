/** Measures of the page in CSS pixels, as in the style sheets. */

/** Width from which on the panels stand at the edges of the cloud. */
export const WIDE = 900;
/** Width of the panel at the right, its margins included. */
export const SIDE_PANEL = 332;
