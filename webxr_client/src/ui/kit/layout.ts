/** Sizes of the page in CSS pixels; the style sheets have the same numbers. */
import type { Panels } from "../../state/site-view.js";

/** Smallest width of a window in which the panels lie beside the cloud. */
export const WIDE = 900;
/** Smallest width of a window with a guide for the first labels. */
export const GUIDED = 1100;
/** Smallest height of a window in which a baked site shows all panels. */
export const TALL = 480;
/** Width of the right panel with its margins. */
export const SIDE_PANEL = 332;
/** Width of the panel of the rules, with its margin. */
export const RULES_PANEL = 356;

/** Whether a finger is the main pointer. Such a device usually has no keys. */
export const hasTouch = (): boolean => window.matchMedia("(pointer: coarse)").matches;

/**
 * Return the panels of a page: `wanted`, or for `auto` the panels for which the window has room.
 */
export function panelsFor(
  wanted: Panels,
  site: boolean,
  width: number,
  height: number,
): Exclude<Panels, "auto"> {
  if (!site) return "full";
  if (wanted !== "auto") return wanted;
  return width < WIDE || height < TALL ? "small" : "full";
}
