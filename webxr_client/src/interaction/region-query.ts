/**
 * Search for the items in a region that is drawn on the screen. The rule is that of
 * server/scene/region_query.py. The vectors in tests/vectors/selection test both implementations.
 *
 * A search skips blocks of items whose boxes lie outside the region, and compares each remaining
 * item only with the edges of the region at its height. With a million items, a search takes
 * milliseconds, and allocates no arrays of the size of all items.
 */
import { GRID_STEPS, type Region } from "../protocol/messages.js";
import type { Box } from "../protocol/scene-file.js";
import { BLOCK, type Blocked, boxesOf } from "../state/item-blocks.js";
import type { LatentState } from "../state/latent-state.js";

const DEPTH_TOLERANCE = 0.002;
/** Largest number of screen cells that a search for visible items keeps in an array. */
const MOST_CELLS = 4e6;

/** Positions of the items that can be selected. */
export interface Cloud extends Blocked {
  dimension: number;
  /**
   * Cube of the latent space that the grid of the positions covers. A latent mean is `box.origin` +
   * `box.size` * position / `steps`.
   */
  box: Box;
  steps: number;
  /** Boxes of the blocks of items (see item-blocks.ts). */
  boxes: Float64Array;
}

/** The cloud of a page, at its newest keyframe. */
export function cloudOf(latent: LatentState): Cloud {
  const { n, to: positions, latentDim: dimension, box } = latent;
  return { n, positions, dimension, box, steps: GRID_STEPS - 1, boxes: boxesOf(latent) };
}

/** Part of the screen, in normalised device coordinates. */
interface Rectangle {
  left: number;
  right: number;
  low: number;
  high: number;
}

/**
 * Call `each` for all items within a part of the screen that are between the near and the far plane
 * of the camera; only these items can be selected.
 *
 * @param clipFromLatent column-major matrix from latent units to clip space
 * @param each receives an item, its normalised device coordinates, and z / w as depth
 */
export function eachWithin(
  cloud: Cloud,
  clipFromLatent: readonly number[],
  within: Rectangle,
  each: (item: number, x: number, y: number, depth: number) => void,
): void {
  const [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = clipFromLatent as Matrix;
  const { n, positions, steps, boxes } = cloud;
  const { size } = cloud.box;
  const [ox, oy, oz] = cloud.box.origin;
  const flat = cloud.dimension !== 3;
  const { left, right, low, high } = within;
  for (let first = 0, box = 0; first < n; first += BLOCK, box += 6) {
    if (isOutside(cloud, clipFromLatent as Matrix, within, boxes, box)) continue;
    const end = Math.min(n, first + BLOCK);
    for (let i = first; i < end; i++) {
      if (positions[4 * i + 3] !== 0) continue;
      const px = ox + (positions[4 * i]! / steps) * size;
      const py = oy + (positions[4 * i + 1]! / steps) * size;
      const pz = flat ? 0 : oz + (positions[4 * i + 2]! / steps) * size;
      const w = a3 * px + b3 * py + c3 * pz + d3;
      const z = a2 * px + b2 * py + c2 * pz + d2;
      if (!(w > 0 && Math.abs(z) <= w)) continue;
      const x = (a0 * px + b0 * py + c0 * pz + d0) / w;
      const y = (a1 * px + b1 * py + c1 * pz + d1) / w;
      if (x >= left && x <= right && y >= low && y <= high) each(i, x, y, z / w);
    }
  }
}

type Four<T> = [T, T, T, T];
type Matrix = [...Four<number>, ...Four<number>, ...Four<number>, ...Four<number>];

/** Whether the whole box of a block is behind the camera, or on one side of a rectangle. */
function isOutside(
  { box: { origin, size }, dimension, steps }: Cloud,
  m: Matrix,
  { left, right, low, high }: Rectangle,
  boxes: Float64Array,
  at: number,
): boolean {
  if (boxes[at]! > boxes[at + 3]!) return true;
  // Rounding must not make a corner of the region lose an item.
  const slack = 1e-6;
  let sides = 31;
  for (let corner = 0; corner < 8 && sides; corner++) {
    const px = origin[0] + (boxes[at + (corner & 1 ? 3 : 0)]! / steps) * size;
    const py = origin[1] + (boxes[at + (corner & 2 ? 4 : 1)]! / steps) * size;
    const pz = dimension === 3 ? origin[2] + (boxes[at + (corner & 4 ? 5 : 2)]! / steps) * size : 0;
    const x = m[0] * px + m[4] * py + m[8] * pz + m[12];
    const y = m[1] * px + m[5] * py + m[9] * pz + m[13];
    const w = m[3] * px + m[7] * py + m[11] * pz + m[15];
    const margin = slack * (Math.abs(x) + Math.abs(y) + Math.abs(w) + 1);
    if (x >= left * w - margin) sides &= ~1;
    if (x <= right * w + margin) sides &= ~2;
    if (y >= low * w - margin) sides &= ~4;
    if (y <= high * w + margin) sides &= ~8;
    if (w > -margin) sides &= ~16;
  }
  return sides !== 0;
}

/** Items inside `region`, ascending. */
export function itemsInRegion(cloud: Cloud, region: Region): Uint32Array {
  const polygon = new Polygon(region.polygon);
  const visible = region.mode === "visible" ? nearestPerCell(cloud, region, polygon) : null;
  const found = new ItemList();
  eachWithin(cloud, region.clip_from_latent, polygon, (item, x, y, depth) => {
    if (polygon.windingNumber(x, y) === 0) return;
    if (!visible || visible(x, y, depth)) found.add(item);
  });
  return found.items();
}

/** A list of items that grows. */
class ItemList {
  private list = new Uint32Array(1024);
  private count = 0;

  add(item: number): void {
    if (this.count === this.list.length) {
      const longer = new Uint32Array(2 * this.count);
      longer.set(this.list);
      this.list = longer;
    }
    this.list[this.count++] = item;
  }

  items(): Uint32Array {
    return this.list.slice(0, this.count);
  }
}

/** A closed polygon, with its edges by height, so that a point is compared with few edges. */
class Polygon implements Rectangle {
  left = Number.POSITIVE_INFINITY;
  right = Number.NEGATIVE_INFINITY;
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  private readonly bands: number[][];

  constructor(private readonly corners: readonly number[]) {
    for (let k = 0; k < corners.length; k += 2) {
      this.left = Math.min(this.left, corners[k]!);
      this.right = Math.max(this.right, corners[k]!);
      this.low = Math.min(this.low, corners[k + 1]!);
      this.high = Math.max(this.high, corners[k + 1]!);
    }
    this.bands = Array.from({ length: Math.min(512, corners.length) }, () => []);
    for (let a = 0; a < corners.length; a += 2) {
      const ends = [this.band(corners[a + 1]!), this.band(corners[(a + 3) % corners.length]!)];
      for (let band = Math.min(...ends); band <= Math.max(...ends); band++)
        this.bands[band]!.push(a);
    }
  }

  private band(y: number): number {
    const share = (y - this.low) / (this.high - this.low || 1);
    return Math.min(this.bands.length - 1, Math.max(0, Math.floor(share * this.bands.length)));
  }

  /** Number of times that the polygon winds round a point. Counter-clockwise turns are positive. */
  windingNumber(x: number, y: number): number {
    const { corners } = this;
    let winding = 0;
    for (const a of this.bands[this.band(y)]!) {
      const b = (a + 2) % corners.length;
      const x0 = corners[a]!;
      const y0 = corners[a + 1]!;
      const x1 = corners[b]!;
      const y1 = corners[b + 1]!;
      if (y0 <= y === y1 <= y) continue;
      const side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
      if (y0 <= y && side > 0) winding += 1;
      else if (y0 > y && side < 0) winding -= 1;
    }
    return winding;
  }
}

/**
 * Return a function that states whether a point is on screen and no nearer item in the same screen
 * cell hides it. Only the cells that the region touches are searched.
 */
function nearestPerCell(
  cloud: Cloud,
  region: Region,
  polygon: Polygon,
): (x: number, y: number, depth: number) => boolean {
  const [width, height] = region.cell ?? [0.01, 0.01];
  const column = (x: number) => Math.floor((x + 1) / width);
  const row = (y: number) => Math.floor((y + 1) / height);
  const within = {
    left: Math.max(-1, polygon.left - 2 * width),
    right: Math.min(1, polygon.right + 2 * width),
    low: Math.max(-1, polygon.low - 2 * height),
    high: Math.min(1, polygon.high + 2 * height),
  };
  const [firstColumn, firstRow] = [column(within.left), row(within.low)];
  const columns = Math.max(1, column(within.right) - firstColumn + 1);
  const cells = columns * Math.max(1, row(within.high) - firstRow + 1);
  const few = cells <= MOST_CELLS;
  const nearest = few ? new Float64Array(cells).fill(2) : new Map<number, number>();
  const key = (x: number, y: number) => (row(y) - firstRow) * columns + column(x) - firstColumn;
  const known = (k: number) =>
    (few ? (nearest as Float64Array)[k] : (nearest as Map<number, number>).get(k)) ?? 2;
  eachWithin(cloud, region.clip_from_latent, within, (_, x, y, depth) => {
    const k = key(x, y);
    if (!(depth < known(k))) return;
    if (few) (nearest as Float64Array)[k] = depth;
    else (nearest as Map<number, number>).set(k, depth);
  });
  return (x, y, depth) =>
    Math.abs(x) <= 1 && Math.abs(y) <= 1 && depth <= known(key(x, y)) + DEPTH_TOLERANCE;
}

/**
 * The item nearest to a point of the screen, at most `radius` away; -1 for none. The point and the
 * radius (x, y) are in normalised device coordinates. Of items at nearly the same distance, the
 * item nearest to the camera wins.
 */
export function nearestItem(
  cloud: Cloud,
  clipFromLatent: readonly number[],
  px: number,
  py: number,
  radius: readonly [number, number],
): number {
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  const [rx, ry] = radius;
  const within = { left: px - rx, right: px + rx, low: py - ry, high: py + ry };
  eachWithin(cloud, clipFromLatent, within, (item, x, y, depth) => {
    const dx = (x - px) / rx;
    const dy = (y - py) / ry;
    const d2 = dx * dx + dy * dy;
    if (d2 > 1) return;
    // The distance on screen decides; if two distances are nearly equal, the depth decides.
    const score = d2 + 2 * depth;
    if (score < bestScore) {
      bestScore = score;
      best = item;
    }
  });
  return best;
}
