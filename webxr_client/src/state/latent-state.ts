/**
 * Where the points are: two keyframes on the integer grid, between which the GPU interpolates. No work per point and frame; a frame that
 * arrives costs one pass, made when it comes: when its keyframe is due, there is a picture to draw. Frames are played at the pace they come in,
 * one frame late, so that points glide and never jump. While nothing is to move they are added up as they come: however long that lasts, what
 * waits is one keyframe.
 */

import { addDeltas, type PositionsFrame, ProtocolError } from "../protocol/frames.js";
import { GRID_STEPS } from "../protocol/messages.js";
import type { Box, SceneFile } from "../protocol/scene-file.js";

const SHORTEST = 1000 / 60;
const LONGEST = 250;
/** When more keyframes than this wait, they become one. */
const BACKLOG = 3;

/** Where a frame leads. Items in the hand are in it where the frames say. */
interface Keyframe {
  positions: Uint16Array;
  revision: number;
}

export class LatentState {
  n = 0;
  latentDim = 3;
  box: Box = { origin: [0, 0, 0], size: 1 };
  sceneId = -1;
  /** Revision of the newest frame received. */
  received = -1;
  /** Revision of the keyframe that is moved towards: what a selection sees. */
  revision = -1;
  /** Keyframes, four numbers a point. `from` is left, `to` is reached at t = 1. */
  from = new Uint16Array(0);
  to = new Uint16Array(0);
  /** Counts the changes of the keyframes' content. */
  version = 0;
  frozen = false;

  /** Items in this page's own hand: they are shown where they were taken up, and the hand moves them from there. */
  private held = new Uint32Array(0);
  private heldAt = new Uint16Array(0);
  private heldTrue = new Uint16Array(0);
  /** Keyframes to be played, the next one first, and arrays for others. */
  private waiting: Keyframe[] = [];
  private spare: Uint16Array[] = [];
  /** Frames that come are added to the keyframe that waits until it is played: nothing is to move, or there were too many. */
  private adding = false;
  private started = 0;
  private duration = 50;
  private lastArrival = 0;

  /** Show a whole scene, at rest. What is in the hand stays there, in another box too. */
  setScene(scene: SceneFile): void {
    if (scene.n !== this.n || scene.latent_dim !== this.latentDim) this.held = new Uint32Array(0);
    this.putHeldIn(scene.box);
    this.n = scene.n;
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
    this.version += 1;
  }

  /** Go to `positions` (four numbers a point, of this scene's box) within `duration` ms. They are copied. */
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

  /** Take items up: frames do not move them until `release`. */
  hold(items: Uint32Array): void {
    this.release();
    this.held = items.slice();
    this.heldAt = new Uint16Array(4 * items.length);
    this.gather(this.to, this.heldAt);
    this.heldTrue = this.heldAt.slice();
    this.scatter(this.from, this.heldAt);
  }

  /** They are where the frames say again. */
  release(): void {
    if (this.held.length === 0) return;
    this.scatter(this.to, this.heldTrue);
    this.scatter(this.from, this.heldTrue);
    this.held = new Uint32Array(0);
    this.version += 1;
  }

  /** Where items were taken up, on the grid of another box; at its edge, if that lies outside. */
  private putHeldIn(box: Box): void {
    const steps = GRID_STEPS - 1;
    for (let k = 0; k < 4 * this.held.length; k++) {
      const axis = k % 4;
      if (axis >= this.latentDim) continue;
      const at =
        (this.box.origin[axis] as number) + ((this.heldAt[k] as number) / steps) * this.box.size;
      const grid = Math.round(((at - (box.origin[axis] as number)) / box.size) * steps);
      this.heldAt[k] = Math.min(steps, Math.max(0, grid));
    }
  }

  /** What held items have in `positions`, into `out`, four numbers an item. Plain loops: nothing is allocated for an item. */
  private gather(positions: Uint16Array, out: Uint16Array): void {
    const { held } = this;
    for (let k = 0; k < held.length; k++) {
      const at = 4 * (held[k] as number);
      for (let axis = 0; axis < 4; axis++) out[4 * k + axis] = positions[at + axis] as number;
    }
  }

  private scatter(positions: Uint16Array, values: Uint16Array): void {
    const { held } = this;
    for (let k = 0; k < held.length; k++) {
      const at = 4 * (held[k] as number);
      for (let axis = 0; axis < 4; axis++) positions[at + axis] = values[4 * k + axis] as number;
    }
  }

  /** Take a frame, to be played in its turn. Throws ProtocolError when it does not follow the one before. */
  push(frame: PositionsFrame, now: number): void {
    const { base_revision, revision, scene_id } = frame.header;
    if (scene_id !== this.sceneId || base_revision !== this.received) {
      throw new ProtocolError(
        `a frame from revision ${base_revision} of scene ${scene_id} does not follow revision ${this.received} of ${this.sceneId}`,
      );
    }
    if (frame.header.n !== this.n) {
      throw new ProtocolError(
        `a frame of ${frame.header.n} points does not fit a scene of ${this.n}`,
      );
    }
    this.adding ||= this.frozen || this.waiting.length >= BACKLOG;
    const last = this.waiting.at(-1);
    if (this.adding && last) {
      while (this.waiting.length > 1) this.takeNext();
      addDeltas(frame, last.positions);
      last.revision = revision;
    } else this.waiting.push({ positions: this.follow(last, frame), revision });
    this.received = revision;
    const gap = Math.min(LONGEST, Math.max(SHORTEST, now - this.lastArrival));
    this.duration += 0.15 * (gap - this.duration);
    this.lastArrival = now;
  }

  /** Advance to time `now` (ms) and return t in 0..1 between the keyframes. */
  sampleAt(now: number): number {
    const t = this.progress(now);
    if (t >= 1 && !this.frozen && this.waiting.length > 0) {
      this.next(now);
      return this.progress(now);
    }
    return t;
  }

  get moving(): boolean {
    return this.waiting.length > 0 || this.progress(performance.now()) < 1;
  }

  private forgetWaiting(): void {
    while (this.waiting.length > 0) this.takeNext();
    this.adding = false;
  }

  /** The next keyframe, no longer waiting; its array holds what it is until a frame is pushed. */
  private takeNext(): Keyframe | undefined {
    const next = this.waiting.shift();
    if (next) this.spare.push(next.positions);
    return next;
  }

  /** Where a frame leads from the keyframe before it; without one, from what is shown. */
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

  /** Column-major matrix from latent units to the scene: metres, the box a cube of 1 m about the origin. */
  sceneFromLatent(): number[] {
    const s = 1 / this.box.size;
    const [x, y, z] = this.box.origin;
    return [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, -x * s - 0.5, -y * s - 0.5, -z * s - 0.5, 1];
  }

  /** Latent mean of an item at the newest keyframe, along one axis. */
  latentMean(item: number, axis: number): number {
    const grid = this.to[4 * item + axis] as number;
    return (this.box.origin[axis] as number) + (grid / (GRID_STEPS - 1)) * this.box.size;
  }
}
