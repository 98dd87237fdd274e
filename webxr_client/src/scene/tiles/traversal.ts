/**
 * Choice of the tiles that a view needs, within a budget of points: coarse tiles for distant parts
 * of the scene, fine tiles for near parts.
 */
import type { ShownView } from "../cloud/page-demand.js";
import { blocksFor } from "./slot-pool.js";
import type { Tile } from "./tileset.js";

/** Properties of a frame that decide which tiles are needed. */
export type TileView = Pick<ShownView, "clipFromScene" | "eye" | "flat" | "pixelsPerMetre">;

export interface Budget {
  /** Largest number of points. */
  points: number;
  /** Largest distance on screen between neighbouring points of an unrefined tile, CSS pixels. */
  spacing: number;
}

/**
 * A tile, and how much the view needs it. `need`: distance on screen between neighbouring points of
 * its parent, CSS pixels.
 */
interface Candidate {
  tile: Tile;
  need: number;
}

/** Distance of a place from the box of a tile; 0 inside. */
export function distanceTo({ low, high }: Tile, { x, y, z }: TileView["eye"]): number {
  return Math.hypot(
    Math.max(low[0] - x, 0, x - high[0]),
    Math.max(low[1] - y, 0, y - high[1]),
    Math.max(low[2] - z, 0, z - high[2]),
  );
}

/**
 * Return the tiles that a view needs, the most needed tile first. A tile comes after its parent.
 * Tiles out of view are left out.
 *
 * @param blocks largest number of blocks of slots that the tiles may take together. Without this
 *   limit, many tiles with few items each would need more space than there is, and would be
 *   requested without end.
 */
export function neededTiles(root: Tile, view: TileView, budget: Budget, blocks: number): Tile[] {
  const needed: Tile[] = [];
  const queue = new Queue();
  queue.push({ tile: root, need: Number.POSITIVE_INFINITY });
  let points = 0;
  let left = blocks;
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { tile } = next;
    if (tile !== root && !isInView(tile, view.clipFromScene)) continue;
    const full = points + tile.count > budget.points || blocksFor(tile) > left;
    if (full && tile !== root) break;
    points += tile.count;
    left -= blocksFor(tile);
    needed.push(tile);
    for (const child of tile.children) {
      const distance = view.flat ? 1 : Math.max(1e-4, distanceTo(child, view.eye));
      const need = (tile.error * view.pixelsPerMetre) / distance;
      if (need > budget.spacing) queue.push({ tile: child, need });
    }
  }
  return needed;
}

/** Factor by which the view is enlarged, so that the tiles for a small turn are already loaded. */
const MARGIN = 1.15;

/** Whether a part of the box of a tile can be in view. */
export function isInView({ low, high }: Tile, m: readonly number[]): boolean {
  let outside = 31;
  for (let corner = 0; corner < 8 && outside; corner++) {
    const x = corner & 1 ? high[0] : low[0];
    const y = corner & 2 ? high[1] : low[1];
    const z = corner & 4 ? high[2] : low[2];
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
    const cx = m[0]! * x + m[4]! * y + m[8]! * z + m[12]!;
    const cy = m[1]! * x + m[5]! * y + m[9]! * z + m[13]!;
    if (cx > -MARGIN * w) outside &= ~1;
    if (cx < MARGIN * w) outside &= ~2;
    if (cy > -MARGIN * w) outside &= ~4;
    if (cy < MARGIN * w) outside &= ~8;
    if (w > 0) outside &= ~16;
  }
  return outside === 0;
}

/** A heap; the candidate with the largest need comes first. */
class Queue {
  private readonly heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(candidate);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]!.need >= candidate.need) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = candidate;
  }

  pop(): Candidate | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.need > heap[below]!.need) below += 1;
      if (heap[below]!.need <= last.need) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
