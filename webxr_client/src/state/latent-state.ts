/**
 * Positions of the points as two keyframes on the integer grid. The GPU interpolates between the
 * keyframes, so JavaScript computes nothing per point when a frame is drawn. Each frame received
 * from the server becomes a keyframe, in one pass over the points. Keyframes are shown at the rate
 * at which frames arrive, one frame late, so that points move smoothly. While the view is frozen,
 * received frames are added up into one waiting keyframe.
 */

import { addDeltas, type PositionsFrame, ProtocolError } from "../protocol/frames.js";
import { GRID_STEPS } from "../protocol/messages.js";
import type { Box, SceneFile } from "../protocol/scene-file.js";

/** Shortest time between two keyframes, in ms. */
const SHORTEST = 1000 / 60;
/** Longest time between two keyframes, in ms (models/display/tempo.py). */
const LONGEST = 250;
/** Time in which a released item moves from the hand to its received position, in ms. */
const RELEASE_MS = 320;
/** Time in which added items fly to their places, in ms. */
const ARRIVAL_MS = 1400;
/** Distance from the middle of the box at which added items appear, in grid steps. */
const ARRIVAL_RADIUS = 0.49 * (GRID_STEPS - 1);
/** Largest number of waiting keyframes. Further frames are added to the last waiting keyframe. */
const BACKLOG = 3;

/** Positions after a frame. Even held items are at the positions that the server sent. */
interface Keyframe {
  positions: Uint16Array;
  revision: number;
}

/** Scene metres of a coordinate on the grid: the box is a cube of 1 m about the origin. */
export const sceneMetres = (grid: number): number => grid / (GRID_STEPS - 1) - 0.5;

export class LatentState {
  /** Number of items. */
  n = 0;
  /** Axes of the latent space, 2 or 3. */
  latentDim = 3;
  /** Part of the latent space that the integer grid covers, in latent units. */
  box: Box = { origin: [0, 0, 0], size: 1 };
  sceneId = -1;
  /** Revision of the newest received frame. */
  received = -1;
  /** Revision of the keyframe `to`. A selection refers to this revision. */
  revision = -1;
  /** Positions, four numbers per point: at t = 0 points are at `from`, at t = 1 at `to`. */
  from = new Uint16Array(0);
  to = new Uint16Array(0);
  /** Counts changes of `from` and `to`. */
  version = 0;
  /**
   * In a scene in tiles, the number of items of the coarsest tile; these items come first. In other
   * scenes, 0.
   */
  coarsest = 0;
  /** Counts replacements of items by other items, in a scene in tiles. */
  replaced = 0;
  /** Reasons to keep the points still. With a reason, no keyframe is played. */
  readonly freezing = new Set<"gesture" | "hull">();

  /**
   * Items dragged by this page. In the keyframes, these items stay where the drag began; the point
   * cloud adds the motion of the drag.
   */
  private held = new Uint32Array(0);
  /** Shown positions of the held items, four numbers per item. */
  private heldAt = new Uint16Array(0);
  /** Received positions of the held items, four numbers per item. */
  private heldTrue = new Uint16Array(0);
  /** Keyframes waiting to be played, the next one first. */
  private waiting: Keyframe[] = [];
  private spare: Uint16Array[] = [];
  /**
   * Whether received frames are added to the last waiting keyframe. True from the time when the
   * view is frozen or too many keyframes wait, until a keyframe is played.
   */
  private adding = false;
  private started = 0;
  private duration = 50;
  private lastArrival = 0;

  get frozen(): boolean {
    return this.freezing.size > 0;
  }

  /**
   * Show a whole scene without motion. Items that the user drags stay where they are in the latent
   * space, even if the box of the scene changes. If the scene has more items than before, the
   * added ones fly in from the edge of the box.
   */
  setScene(scene: SceneFile): void {
    const known = scene.latent_dim === this.latentDim ? this.n : 0;
    if (scene.n !== this.n || scene.latent_dim !== this.latentDim) this.held = new Uint32Array(0);
    this.putHeldIn(scene.box);
    this.n = scene.n;
    this.coarsest = 0;
    this.latentDim = scene.latent_dim;
    this.box = scene.box;
    this.sceneId = scene.scene_id;
    this.received = this.revision = scene.revision;
    this.to = scene.positions;
    this.gather(this.to, this.heldTrue);
    this.scatter(this.to, this.heldAt);
    this.from = this.to.slice();
    this.forgetWaiting();
    this.spare = [];
    this.started = Number.NEGATIVE_INFINITY;
    if (known > 0 && known < this.n) this.flyIn(known);
    this.version += 1;
  }

  /** Let the items from number `first` on fly to their places from the edge of the box. */
  private flyIn(first: number): void {
    const { from, to, latentDim } = this;
    const middle = (GRID_STEPS - 1) / 2;
    for (let k = 4 * first; k < from.length; k += 4) {
      const away = [0, 1, 2].map((axis) => (axis < latentDim ? to[k + axis]! - middle : 0));
      const length = Math.hypot(...away);
      if (length === 0) away[1] = 1;
      for (let axis = 0; axis < latentDim; axis++)
        from[k + axis] = Math.round(middle + (away[axis]! / (length || 1)) * ARRIVAL_RADIUS);
    }
    this.started = performance.now();
    this.duration = ARRIVAL_MS;
  }

  /**
   * Move to `positions` (four numbers per point, in the box of this scene) within `duration` ms.
   * The array is copied.
   */
  goTo(positions: Uint16Array, now: number, duration: number): void {
    const older = this.from;
    this.from = this.to;
    this.to = older;
    this.to.set(positions);
    this.forgetWaiting();
    this.duration = duration;
    this.started = now;
    this.version += 1;
  }

  /** Hold items: frames must not move these items until `release`. */
  hold(items: Uint32Array): void {
    this.release();
    this.held = items.slice();
    this.heldAt = new Uint16Array(4 * items.length);
    this.gather(this.to, this.heldAt);
    this.heldTrue = this.heldAt.slice();
    this.scatter(this.from, this.heldAt);
  }

  /** Release the held items. They return to their received positions. */
  release(): void {
    if (this.held.length === 0) return;
    this.scatter(this.to, this.heldTrue);
    this.scatter(this.from, this.heldTrue);
    this.held = new Uint32Array(0);
    this.version += 1;
  }

  /**
   * Release the held items at `places` (latent units, three numbers per held item). These are the
   * places at which the person last saw the items. From there, the items move to their received
   * positions, so that no point jumps.
   */
  releaseFrom(places: ArrayLike<number>, now: number): void {
    const { held, from, to } = this;
    if (held.length === 0) return;
    const t = this.progress(now);
    for (let k = 0; k < from.length; k++) from[k] = Math.round(from[k]! + t * (to[k]! - from[k]!));
    this.release();
    for (let k = 0; k < held.length; k++)
      for (let axis = 0; axis < this.latentDim; axis++)
        from[4 * held[k]! + axis] = this.gridOf(places[3 * k + axis]!, axis, this.box);
    this.started = now;
    this.duration = RELEASE_MS;
  }

  private gridOf(at: number, axis: number, box: Box): number {
    const steps = GRID_STEPS - 1;
    const grid = Math.round(((at - box.origin[axis]!) / box.size) * steps);
    return Math.min(steps, Math.max(0, grid));
  }

  /**
   * Convert the positions of dragged items to the grid of `box`. Clamp them to the edges of the
   * box.
   */
  private putHeldIn(box: Box): void {
    const steps = GRID_STEPS - 1;
    for (let k = 0; k < 4 * this.held.length; k++) {
      const axis = k % 4;
      if (axis >= this.latentDim) continue;
      const at = this.box.origin[axis]! + (this.heldAt[k]! / steps) * this.box.size;
      this.heldAt[k] = this.gridOf(at, axis, box);
    }
  }

  /**
   * Copy the values of held items in `positions` to `out`, four numbers per item. The function is a
   * plain loop, because an allocation per item causes pauses for garbage collection.
   */
  private gather(positions: Uint16Array, out: Uint16Array): void {
    const { held } = this;
    for (let k = 0; k < held.length; k++) {
      const at = 4 * held[k]!;
      for (let axis = 0; axis < 4; axis++) out[4 * k + axis] = positions[at + axis]!;
    }
  }

  private scatter(positions: Uint16Array, values: Uint16Array): void {
    const { held } = this;
    for (let k = 0; k < held.length; k++) {
      const at = 4 * held[k]!;
      for (let axis = 0; axis < 4; axis++) positions[at + axis] = values[4 * k + axis]!;
    }
  }

  /**
   * Queue a received frame. Throws ProtocolError when the frame does not follow the newest received
   * frame.
   */
  push(frame: PositionsFrame, now: number): void {
    const { base_revision, revision, scene_id } = frame.header;
    if (scene_id !== this.sceneId || base_revision !== this.received) {
      throw new ProtocolError(
        `a frame from revision ${base_revision} of scene ${scene_id} does not follow ` +
          `revision ${this.received} of scene ${this.sceneId}`,
      );
    }
    if (frame.header.n !== this.n) {
      throw new ProtocolError(
        `a frame of ${frame.header.n} points does not fit a scene of ${this.n} points`,
      );
    }
    this.adding ||= this.frozen || this.waiting.length >= BACKLOG;
    const last = this.waiting.at(-1);
    if (this.adding && last) {
      while (this.waiting.length > 1) this.takeNext();
      if (frame.positions) {
        this.spare.push(last.positions);
        last.positions = frame.positions;
      } else addDeltas(frame, last.positions);
      last.revision = revision;
    } else {
      const positions = frame.positions ?? this.follow(last, frame);
      this.waiting.push({ positions, revision });
    }
    this.received = revision;
    const gap = Math.min(LONGEST, Math.max(SHORTEST, now - this.lastArrival));
    this.duration += 0.15 * (gap - this.duration);
    this.lastArrival = now;
  }

  /** Advance to time `now` (ms). Returns t in 0..1 between the keyframes. */
  sampleAt(now: number): number {
    const t = this.progress(now);
    if (t >= 1 && !this.frozen && this.waiting.length > 0) {
      this.next(now);
      return this.progress(now);
    }
    return t;
  }

  /** Number of items at the start that represent the whole cloud. */
  get sample(): number {
    return this.coarsest || this.n;
  }

  /** Whether points move or a keyframe waits. */
  get moving(): boolean {
    return this.waiting.length > 0 || this.progress(performance.now()) < 1;
  }

  private forgetWaiting(): void {
    while (this.waiting.length > 0) this.takeNext();
    this.adding = false;
  }

  /** Copy of the positions after the newest received frame, four numbers per point. */
  receivedPositions(): Uint16Array {
    const last = this.waiting.at(-1);
    const positions = (last?.positions ?? this.to).slice();
    if (!last) this.scatter(positions, this.heldTrue);
    return positions;
  }

  /** Remove and return an array of positions that is no longer used; undefined if there is none. */
  takeSpare(): Uint16Array | undefined {
    return this.spare.pop();
  }

  /** Remove and return the next keyframe. The next `push` reuses the array of this keyframe. */
  private takeNext(): Keyframe | undefined {
    const next = this.waiting.shift();
    if (next && this.spare.length < BACKLOG) this.spare.push(next.positions);
    return next;
  }

  /**
   * Add the displacements of `frame` to the keyframe `before`, or to the shown keyframe if `before`
   * is undefined. Returns the positions.
   */
  private follow(before: Keyframe | undefined, frame: PositionsFrame): Uint16Array {
    const positions = this.spare.pop() ?? new Uint16Array(this.to.length);
    positions.set(before?.positions ?? this.to);
    if (!before) this.scatter(positions, this.heldTrue);
    addDeltas(frame, positions);
    return positions;
  }

  private progress(now: number): number {
    return Math.min(1, Math.max(0, (now - this.started) / this.duration));
  }

  private next(now: number): void {
    const next = this.takeNext();
    if (!next) return;
    const older = this.from;
    older.set(next.positions);
    this.revision = next.revision;
    this.adding = false;
    this.from = this.to;
    this.to = older;
    if (this.held.length > 0) {
      this.gather(older, this.heldTrue);
      this.scatter(older, this.heldAt);
    }
    this.started = now;
    this.version += 1;
  }

  /**
   * Column-major matrix sceneFromLatent (4 x 4): latent units to scene metres. The box becomes a
   * cube of 1 m about the origin.
   */
  sceneFromLatent(): number[] {
    const s = 1 / this.box.size;
    const [x, y, z] = this.box.origin;
    return [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, -x * s - 0.5, -y * s - 0.5, -z * s - 0.5, 1];
  }

  /** Latent mean of an item at the newest keyframe, along one axis, in latent units. */
  latentMean(item: number, axis: number): number {
    const grid = this.to[4 * item + axis]!;
    return this.box.origin[axis]! + (grid / (GRID_STEPS - 1)) * this.box.size;
  }
}
