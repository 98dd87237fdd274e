/** Number of pages of thumbnails that fit into the memory of a device. */
import type { Thumbnails } from "../../protocol/messages.js";
import { levelsFor } from "./page-levels.js";

/** Share of the device's memory that thumbnails may use. */
const SHARE = 1 / 8;
/**
 * Memory in GiB that is assumed if the browser does not report the memory. It is usual for recent
 * phones and headsets.
 */
const USUAL_MEMORY = 4;
const GIBIBYTE = 2 ** 30;
/** Largest number of layers: the shader reads the layer of a page as one byte; 255 means none. */
const MOST_LAYERS = 255;

/** Bytes of a page on the GPU, with the levels of its mipmap. */
export function pageBytes({ page_size, picture, channels }: Thumbnails): number {
  const pixels = page_size * page_size * (channels === 1 ? 1 : 4);
  let bytes = 0;
  for (let level = 0; level < levelsFor(picture); level++) bytes += pixels / 4 ** level;
  return bytes;
}

/**
 * Number of pages that are kept.
 *
 * @param memory memory of the device in GiB, `navigator.deviceMemory`; undefined if not reported
 * @param layers largest number of layers that the GPU allows in a texture
 */
export function pagesKept(layout: Thumbnails, memory: number | undefined, layers: number): number {
  const budget = (memory ?? USUAL_MEMORY) * GIBIBYTE * SHARE;
  const fit = Math.max(1, Math.floor(budget / pageBytes(layout)));
  return Math.min(layout.pages, fit, layers, MOST_LAYERS);
}
