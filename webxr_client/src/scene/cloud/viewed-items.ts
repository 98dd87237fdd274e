/**
 * Items that a person looks at: when the view has rested for a moment, the items in view that are
 * nearest to the pointer, or to the middle of the view. Before each frame, a part of the items is
 * projected, so that the time per frame does not depend on the number of items.
 */
import { type LatentState, sceneMetres } from "../../state/latent-state.js";

/** Largest number of items that count as looked at. The message that lists them has about 30 kB. */
export const MOST_VIEWED = 4000;
/** Time for which the view has to rest, ms. */
export const REST_MS = 500;
/** Time after which the items are searched again if the points have moved meanwhile, ms. */
export const AGAIN_MS = 5000;
/**
 * The view counts as at rest if no value of the matrix and no coordinate of the pointer changes by
 * more than this.
 */
const STILL = 0.02;
/** Number of items that are projected before one frame: on the page, and in VR. */
const ITEMS_PER_FRAME = { page: 32_768, vr: 8192 };
/** Number of rings around the pointer by which the items are sorted. */
const RINGS = 250;
/** Ring of an item that is not in view. */
const OUTSIDE = 255;
/** Largest distance between two points of the view, in clip space. */
const FARTHEST = Math.hypot(2, 2);

/** View of a frame. */
export interface View {
  /** Column-major matrix from scene metres to clip space. */
  clipFromScene: readonly number[];
  /** Whether a headset draws the frames. */
  presenting: boolean;
}

/** Place of the pointer in clip space, -1 to 1. */
export interface Pointer {
  x: number;
  y: number;
}

const MIDDLE: Pointer = { x: 0, y: 0 };

export class ViewedItems {
  private rings = new Uint8Array(0);
  private counts = new Uint32Array(RINGS);
  /** Number of items of the current pass that are done. */
  private next = 0;
  /** View at rest: matrix (16 values) and pointer (x, y). */
  private rested = new Float64Array(18).fill(Number.NaN);
  private since = 0;
  /** Whether the items of the resting view are found. */
  private found = false;
  private foundAt = 0;
  private foundVersion = -1;

  constructor(private readonly latent: LatentState) {}

  /** Whether the items of the resting view are found, and no point has moved since. */
  get settled(): boolean {
    return this.found && this.foundVersion === this.latent.version;
  }

  /** Search again, even if the view still rests. */
  again(): void {
    this.found = false;
    this.next = 0;
  }

  /**
   * Continue the search. Called before each frame. When the view rests and its items are found,
   * returns them, ascending. Otherwise, and if they were returned already, returns null.
   *
   * @param pointer the pointer; null if it is not over the view
   * @param now time, ms
   */
  step(view: View, pointer: Pointer | null, now: number): number[] | null {
    const { n, version } = this.latent;
    if (this.hasMoved(view.clipFromScene, pointer ?? MIDDLE)) {
      this.since = now;
      this.again();
    }
    if (this.found && version !== this.foundVersion && now - this.foundAt >= AGAIN_MS) this.again();
    if (n === 0 || this.found || now - this.since < REST_MS) return null;
    if (this.next === 0) {
      if (this.rings.length !== n) this.rings = new Uint8Array(n);
      this.counts.fill(0);
    }
    const until = Math.min(n, this.next + ITEMS_PER_FRAME[view.presenting ? "vr" : "page"]);
    this.project(until);
    if (until < n) return null;
    this.found = true;
    this.next = 0;
    this.foundAt = now;
    this.foundVersion = version;
    return this.nearest();
  }

  /** Return whether the view differs from `rested`. If it does, store it in `rested`. */
  private hasMoved(clipFromScene: readonly number[], { x, y }: Pointer): boolean {
    const { rested } = this;
    let most = Math.max(Math.abs(rested[16]! - x), Math.abs(rested[17]! - y));
    for (let k = 0; k < 16; k++) most = Math.max(most, Math.abs(rested[k]! - clipFromScene[k]!));
    if (most <= STILL) return false; // NaN at the first call
    rested.set(clipFromScene);
    rested[16] = x;
    rested[17] = y;
    return true;
  }

  /** Find the ring of the items up to `until`. */
  private project(until: number): void {
    const { rings, counts, rested: m } = this;
    const { to, latentDim } = this.latent;
    for (let item = this.next; item < until; item++) {
      const k = 4 * item;
      const x = sceneMetres(to[k]!);
      const y = sceneMetres(to[k + 1]!);
      const z = latentDim === 2 ? 0 : sceneMetres(to[k + 2]!);
      const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
      const right = (m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w;
      const up = (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w;
      rings[item] = OUTSIDE;
      if (!(w > 0) || Math.abs(right) > 1 || Math.abs(up) > 1 || to[k + 3] !== 0) continue;
      const distance = Math.hypot(right - m[16]!, up - m[17]!) / FARTHEST;
      const ring = Math.min(RINGS - 1, Math.floor(distance * RINGS));
      rings[item] = ring;
      counts[ring]! += 1;
    }
    this.next = until;
  }

  /**
   * Return at most MOST_VIEWED items, ascending. The inner rings are included completely. From the
   * last ring that is reached, only every k-th item is included.
   */
  private nearest(): number[] {
    const { rings, counts } = this;
    let last = 0;
    let inner = 0;
    while (last < RINGS - 1 && inner + counts[last]! <= MOST_VIEWED) {
      inner += counts[last]!;
      last += 1;
    }
    const every = Math.max(1, Math.ceil(counts[last]! / (MOST_VIEWED - inner)));
    const items: number[] = [];
    let passed = 0;
    for (let item = 0; item < rings.length; item++) {
      const ring = rings[item]!;
      if (ring < last || (ring === last && passed++ % every === every - 1)) items.push(item);
    }
    return items;
  }
}
