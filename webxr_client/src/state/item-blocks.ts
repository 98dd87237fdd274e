/**
 * Boxes around blocks of items with neighbouring numbers. An import numbers the items so that most
 * items with neighbouring numbers are also neighbours in the map. A search can then skip most
 * blocks without reading their items.
 */
import type { LatentState } from "./latent-state.js";

/** Items per block. */
export const BLOCK = 4096;

/** Positions of which boxes are made. */
export interface Blocked {
  n: number;
  /** Four numbers per item. A fourth number that is not 0 marks an item that does not exist. */
  positions: ArrayLike<number>;
}

/**
 * Return the box of each block: three lowest coordinates, three highest. A block without items has
 * an empty box, whose lowest coordinates are infinite.
 */
export function blockBoxes({ n, positions }: Blocked): Float64Array {
  const boxes = new Float64Array(6 * Math.ceil(n / BLOCK));
  for (let block = 0; 6 * block < boxes.length; block++) setBox(boxes, block, n, positions);
  return boxes;
}

function setBox(boxes: Float64Array, block: number, n: number, positions: ArrayLike<number>): void {
  const [most, least] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [x0, y0, z0] = [most, most, most];
  let [x1, y1, z1] = [least, least, least];
  const end = 4 * Math.min(n, (block + 1) * BLOCK);
  for (let k = 4 * block * BLOCK; k < end; k += 4) {
    if (positions[k + 3] !== 0) continue;
    const x = positions[k]!;
    const y = positions[k + 1]!;
    const z = positions[k + 2]!;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
    if (z < z0) z0 = z;
    if (z > z1) z1 = z;
  }
  boxes.set([x0, y0, z0, x1, y1, z1], 6 * block);
}

let kept: { positions: Uint16Array; version: number; boxes: Float64Array } | null = null;

/**
 * Boxes of the blocks at the newest keyframe of `latent`, in steps of the grid. They are computed
 * when they are first needed after a change.
 */
export function boxesOf({ n, to, version }: LatentState): Float64Array {
  if (kept?.positions !== to || kept.version !== version)
    kept = { positions: to, version, boxes: blockBoxes({ n, positions: to }) };
  return kept.boxes;
}

/** Compute the box of one block again, after its items were replaced by other items. */
export function blockChanged({ n, to }: LatentState, block: number): void {
  if (kept?.positions === to) setBox(kept.boxes, block, n, to);
}
