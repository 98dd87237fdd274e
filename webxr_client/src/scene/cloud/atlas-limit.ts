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
/**
 * Largest number of pages that are kept. More are never needed for one view: a page has 4,096
 * pictures, and pictures of 8 pixels cover a screen of 2,000 x 4,000 pixels at 125,000 items. The
 * memory is 170 MB for grey pages, and 340 MB for pages in colour.
 */
const MOST_LAYERS = { grey: 32, colour: 16 };

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
  const most = layout.channels === 1 ? MOST_LAYERS.grey : MOST_LAYERS.colour;
  return Math.min(layout.pages, fit, layers, most);
}
