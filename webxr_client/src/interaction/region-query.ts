/**
 * Search for the items in a region that is drawn on the screen. The rule is that of
 * server/scene/region_query.py. The vectors in tests/vectors/selection test both implementations.
 */
import type { Region } from "../protocol/messages.js";

const DEPTH_TOLERANCE = 0.002;

/** Positions of the items that can be selected: latent means, `dimension` numbers per item. */
export interface Cloud {
  n: number;
  dimension: number;
  latentMean(item: number, axis: number): number;
}

/**
 * All items in normalised device coordinates: x, y, and z / w as depth. `front` is 1 for items
 * between the near and the far plane of the camera; only these items can be selected.
 */
export interface Projected {
  x: Float64Array;
  y: Float64Array;
  depth: Float64Array;
  front: Uint8Array;
}

/** Project all items by a column-major matrix from latent units to clip space. */
export function project(cloud: Cloud, clipFromLatent: readonly number[]): Projected {
  const m = clipFromLatent as number[];
  const at = (k: number) => m[k]!;
  const { n } = cloud;
  const out = {
    x: new Float64Array(n),
    y: new Float64Array(n),
    depth: new Float64Array(n),
    front: new Uint8Array(n),
  };
  for (let i = 0; i < n; i++) {
    const px = cloud.latentMean(i, 0);
    const py = cloud.latentMean(i, 1);
    const pz = cloud.dimension === 3 ? cloud.latentMean(i, 2) : 0;
    const w = at(3) * px + at(7) * py + at(11) * pz + at(15);
    const z = at(2) * px + at(6) * py + at(10) * pz + at(14);
    if (!(w > 0 && Math.abs(z) <= w)) continue;
    out.front[i] = 1;
    out.x[i] = (at(0) * px + at(4) * py + at(8) * pz + at(12)) / w;
    out.y[i] = (at(1) * px + at(5) * py + at(9) * pz + at(13)) / w;
    out.depth[i] = z / w;
  }
  return out;
}

/** Items inside `region`, ascending. `projected` must be computed with the matrix of `region`. */
export function itemsInRegion(projected: Projected, region: Region): Uint32Array {
  const { x, y, front } = projected;
  const visible =
    region.mode === "visible" ? visibleItems(projected, region.cell ?? [0.01, 0.01]) : null;
  const items: number[] = [];
  for (let i = 0; i < x.length; i++) {
    if (!front[i] || (visible && !visible[i])) continue;
    if (windingNumber(x[i]!, y[i]!, region.polygon) !== 0) items.push(i);
  }
  return Uint32Array.from(items);
}

/** Number of times that the polygon winds round a point. Counter-clockwise turns are positive. */
export function windingNumber(x: number, y: number, polygon: readonly number[]): number {
  let winding = 0;
  const k = polygon.length;
  for (let a = 0; a < k; a += 2) {
    const b = (a + 2) % k;
    const x0 = polygon[a]!;
    const y0 = polygon[a + 1]!;
    const x1 = polygon[b]!;
    const y1 = polygon[b + 1]!;
    if (y0 <= y === y1 <= y) continue;
    const side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
    if (y0 <= y && side > 0) winding += 1;
    else if (y0 > y && side < 0) winding -= 1;
  }
  return winding;
}

/** Per item: 1 if the item is on screen and no nearer item in the same screen cell hides it. */
function visibleItems(projected: Projected, cell: readonly [number, number]): Uint8Array {
  const { x, y, depth, front } = projected;
  const columns = Math.ceil(2 / cell[0]) + 1;
  const nearest = new Map<number, number>();
  const keyOf = (i: number) =>
    Math.floor((y[i]! + 1) / cell[1]) * columns + Math.floor((x[i]! + 1) / cell[0]);
  const onScreen = (i: number) => front[i] && Math.abs(x[i]!) <= 1 && Math.abs(y[i]!) <= 1;
  for (let i = 0; i < x.length; i++) {
    if (!onScreen(i)) continue;
    const key = keyOf(i);
    const known = nearest.get(key);
    if (known === undefined || depth[i]! < known) nearest.set(key, depth[i]!);
  }
  const visible = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) {
    if (onScreen(i) && depth[i]! <= (nearest.get(keyOf(i)) as number) + DEPTH_TOLERANCE)
      visible[i] = 1;
  }
  return visible;
}

/**
 * The item nearest to a point of the screen, at most `radius` away; -1 for none. The point and the
 * radius (x, y) are in normalised device coordinates. Of items at nearly the same distance, the
 * item nearest to the camera wins.
 */
export function nearestItem(
  projected: Projected,
  px: number,
  py: number,
  radius: readonly [number, number],
): number {
  const { x, y, depth, front } = projected;
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (let i = 0; i < x.length; i++) {
    if (!front[i]) continue;
    const dx = (x[i]! - px) / radius[0];
    const dy = (y[i]! - py) / radius[1];
    const d2 = dx * dx + dy * dy;
    if (d2 > 1) continue;
    // The distance on screen decides; if two distances are nearly equal, the depth decides.
    const score = d2 + 2 * depth[i]!;
    if (score < bestScore) {
      bestScore = score;
      best = i;
    }
  }
  return best;
}
