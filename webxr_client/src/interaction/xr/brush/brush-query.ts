/**
 * Search for the items in a sphere. A search skips blocks of items whose boxes are outside. The
 * boxes are computed again after a keyframe, from all items. Therefore a search is made a few times
 * per second, not in every frame.
 */
import type { Vector3 } from "three";
import { GRID_STEPS } from "../../../protocol/messages.js";
import { BLOCK, boxesOf } from "../../../state/item-blocks.js";
import type { LatentState } from "../../../state/latent-state.js";

export interface BrushHit {
  /** Number of items in the brush. */
  count: number;
  /** The item nearest to the centre of the brush; -1 for none. */
  nearest: number;
}

/**
 * Find the items within `radius` of the line from `before` to `centre`, so that a quick stroke
 * misses no item. Lengths are scene metres: the box is a cube of 1 m about the origin.
 *
 * @param out receives the number of items and the item nearest to `centre`
 * @param each called for each item inside
 * @param among limits the search to these items
 */
export function queryBrush(
  latent: LatentState,
  before: Vector3,
  centre: Vector3,
  radius: number,
  out: BrushHit,
  each: ((item: number) => void) | null = null,
  among: Uint32Array | null = null,
): void {
  const steps = GRID_STEPS - 1;
  const cx = (centre.x + 0.5) * steps;
  const cy = (centre.y + 0.5) * steps;
  const cz = (centre.z + 0.5) * steps;
  const bx = (before.x - centre.x) * steps;
  const by = (before.y - centre.y) * steps;
  const bz = (before.z - centre.z) * steps;
  const length2 = bx * bx + by * by + bz * bz;
  const flat = latent.latentDim === 2;
  const limit = (radius * steps) ** 2;
  let best = Number.POSITIVE_INFINITY;
  const { to } = latent;
  out.count = 0;
  out.nearest = -1;
  const look = (i: number) => {
    const dx = to[4 * i]! - cx;
    const dy = to[4 * i + 1]! - cy;
    const dz = (flat ? steps / 2 : to[4 * i + 2]!) - cz;
    let d2 = dx * dx + dy * dy + dz * dz;
    const fromCentre = d2;
    if (length2 > 0) {
      const t = Math.min(1, Math.max(0, (dx * bx + dy * by + dz * bz) / length2));
      d2 = (dx - t * bx) ** 2 + (dy - t * by) ** 2 + (dz - t * bz) ** 2;
    }
    if (d2 > limit || to[4 * i + 3] !== 0) return;
    out.count += 1;
    if (fromCentre < best) {
      best = fromCentre;
      out.nearest = i;
    }
    if (each) each(i);
  };
  if (among) {
    for (const item of among) look(item);
    return;
  }
  const boxes = boxesOf(latent);
  const reach = radius * steps;
  const apart = (at: number, one: number, motion: number) =>
    boxes[at]! > one + Math.max(0, motion) + reach ||
    boxes[at + 3]! < one + Math.min(0, motion) - reach;
  for (let first = 0, box = 0; first < latent.n; first += BLOCK, box += 6) {
    if (boxes[box]! > boxes[box + 3]!) continue;
    if (apart(box, cx, bx) || apart(box + 1, cy, by)) continue;
    if (!flat && apart(box + 2, cz, bz)) continue;
    const end = Math.min(latent.n, first + BLOCK);
    for (let i = first; i < end; i++) look(i);
  }
}
