/**
 * The forces on islands of the map (groups of items that lie together). The trainer computes the
 * forces. The force of a term on an island is a mean over the items of the island and over the last
 * seconds. The net force is the sum over those terms that move points in the current preset. The
 * leading term of an island is the term that contributes most to the net force along its direction.
 * No memory is allocated per update.
 *
 * To find the islands, the items are counted in the cells of a coarse grid. An island is a group of
 * occupied cells that share faces. A group with more than half of the items is divided, so that
 * each of its cells is an island.
 *
 * Items jitter while training runs, because each round draws at random the items that repel other
 * items. Therefore the mean force on a cell in one frame hardly predicts the motion of the cell in
 * the next 2 s: the cosine between force and motion is 0.1. For the mean over MEAN_MS, the cosine
 * is 0.3 to 0.6 (bundled digits, 200 labels of a class).
 */
import type { ForcesFrame } from "../protocol/frames.js";
import { FORCE_TERMS, GRID_STEPS, LOSS_TERMS } from "../protocol/messages.js";
import { type LatentState, sceneMetres } from "./latent-state.js";
import { isEquation1, type Preset } from "./presets.js";

/**
 * Cells per axis, by the number of axes. With 20 cells, the bundled digits at rest have 9 or 10
 * islands, one per class. With 12 cells they have 7.
 */
const CELLS = { 2: 40, 3: 20 } as const;
/**
 * A cell is occupied if it has at least this share of the read items, and at least LEAST_IN_CELL
 * items.
 */
const OCCUPIED = 1 / 300;
const LEAST_IN_CELL = 2;
/** Smallest number of read items in an island. The force on a single item is mostly jitter. */
const LEAST_ITEMS = 8;
/** Time constant of the mean over frames, ms. */
const MEAN_MS = 2000;
/** Largest number of items that are read in an update. An update then takes about 1 ms. */
const MOST_ITEMS = 20_000;
const MOST_CELLS = CELLS[3] ** 3;
/** Largest number of islands, because each island has an occupied cell. */
export const MOST_ISLANDS = Math.floor(1 / OCCUPIED);
const TERMS = FORCE_TERMS.length;
/** Sums per cell: number of items, position (3), force per term (3 each). */
const SUMS = 4 + 3 * TERMS;

const termsThatMove = (what: "encoder" | "particles"): readonly boolean[] =>
  FORCE_TERMS.map((name) => {
    const moves = LOSS_TERMS.find((term) => term.name === name)?.moves;
    return moves === what || moves === "all";
  });
const MOVING = { encoder: termsThatMove("encoder"), particles: termsThatMove("particles") };

/** Whether each term of FORCE_TERMS moves the points in a preset. */
export const movingTerms = (preset: Preset): readonly boolean[] =>
  MOVING[isEquation1(preset) ? "encoder" : "particles"];

export class IslandForces {
  /** Number of islands. */
  count = 0;
  /** Middle of each island, scene metres, three numbers per island. */
  readonly middles = new Float32Array(3 * MOST_ISLANDS);
  /** Per island, the place on its edge in the direction of its net force, scene metres. */
  readonly edges = new Float32Array(3 * MOST_ISLANDS);
  /** Mean net force on an item of each island, nats per latent unit, three numbers per island. */
  readonly nets = new Float32Array(3 * MOST_ISLANDS);
  /** Strength (length) of each net force, nats per latent unit. */
  readonly strengths = new Float32Array(MOST_ISLANDS);
  /** Leading term of each island, as an index in FORCE_TERMS. */
  readonly leading = new Uint8Array(MOST_ISLANDS);
  /** Number of items that were read in each island, in the newest frame. */
  readonly items = new Uint32Array(MOST_ISLANDS);
  private readonly sums = new Float64Array(MOST_CELLS * SUMS);
  private readonly counts = new Uint32Array(MOST_CELLS);
  /** Cells of the island that is being read. */
  private readonly cells = new Uint16Array(MOST_CELLS);
  private readonly visited = new Uint8Array(MOST_CELLS);
  private readonly total = new Float64Array(SUMS);
  private readonly shares = new Float64Array(TERMS);
  private axes: 2 | 3 = 3;
  private perAxis: number = CELLS[3];
  /** Number of items that were read. */
  private read = 0;
  private updated = Number.NEGATIVE_INFINITY;

  /** Forget all forces. */
  clear(): void {
    this.count = 0;
    this.updated = Number.NEGATIVE_INFINITY;
  }

  /**
   * Read a frame of forces at the time `now` (ms). The items are at the positions of the newest
   * keyframe.
   */
  update(latent: LatentState, frame: ForcesFrame, preset: Preset, now: number): void {
    this.count = 0;
    if (frame.header.n !== latent.n) return;
    this.axes = latent.latentDim === 2 ? 2 : 3;
    this.perAxis = CELLS[this.axes];
    const keep = Math.exp((this.updated - now) / MEAN_MS);
    this.updated = now;
    for (let k = 0; k < this.sums.length; k++) this.sums[k]! *= keep;
    this.addUp(latent, frame);
    const moves = movingTerms(preset);
    const least = Math.max(LEAST_IN_CELL, this.read * OCCUPIED);
    this.visited.fill(0);
    for (let cell = 0; cell < MOST_CELLS; cell++) {
      if (this.visited[cell] || this.counts[cell]! < least) continue;
      const size = this.gather(cell, least);
      if (2 * this.itemsOf(0, size) <= this.read) this.addIsland(0, size, moves);
      else for (let k = 0; k < size; k++) this.addIsland(k, k + 1, moves);
    }
  }

  /**
   * The term that leads most items. An item counts with the strength of the net force of its
   * island. -1 without islands.
   */
  leader(): number {
    const { shares } = this;
    shares.fill(0);
    for (let k = 0; k < this.count; k++)
      shares[this.leading[k]!]! += this.items[k]! * this.strengths[k]!;
    let most = -1;
    for (let term = 0; term < TERMS; term++)
      if (shares[term]! > (most < 0 ? 0 : shares[most]!)) most = term;
    return most;
  }

  /** Add up positions and forces per cell. */
  private addUp(latent: LatentState, frame: ForcesFrame): void {
    const { sums, counts, axes, perAxis } = this;
    const { to, n } = latent;
    const { vectors, header } = frame;
    counts.fill(0);
    const step = Math.max(1, Math.ceil(n / MOST_ITEMS));
    this.read = Math.ceil(n / step);
    for (let item = 0; item < n; item += step) {
      let cell = 0;
      for (let axis = 0; axis < axes; axis++)
        cell = cell * perAxis + Math.floor((to[4 * item + axis]! * perAxis) / GRID_STEPS);
      const at = cell * SUMS;
      counts[cell]! += 1;
      sums[at]! += 1;
      for (let axis = 0; axis < axes; axis++) {
        sums[at + 1 + axis]! += to[4 * item + axis]!;
        for (let term = 0; term < TERMS; term++)
          sums[at + 4 + 3 * term + axis]! += vectors[(term * n + item) * header.axes + axis]!;
      }
    }
  }

  /** Write into `cells` the cell `first` and all occupied cells that are joined to it by faces. */
  private gather(first: number, least: number): number {
    const { cells, visited, counts, perAxis, axes } = this;
    let size = 1;
    cells[0] = first;
    visited[first] = 1;
    for (let k = 0; k < size; k++) {
      const cell = cells[k]!;
      let stride = 1;
      for (let axis = 0; axis < axes; axis++, stride *= perAxis) {
        const place = Math.floor(cell / stride) % perAxis;
        for (let side = -1; side <= 1; side += 2) {
          const near = cell + side * stride;
          if (place + side < 0 || place + side >= perAxis) continue;
          if (visited[near] || counts[near]! < least) continue;
          visited[near] = 1;
          cells[size++] = near;
        }
      }
    }
    return size;
  }

  private itemsOf(from: number, to: number): number {
    let items = 0;
    for (let k = from; k < to; k++) items += this.counts[this.cells[k]!]!;
    return items;
  }

  /** Add an island. Its cells are those from `from` (inclusive) to `to` (exclusive) in `cells`. */
  private addIsland(from: number, to: number, moves: readonly boolean[]): void {
    const { sums, cells, total, nets, middles, axes, count: k } = this;
    const items = this.itemsOf(from, to);
    if (items < LEAST_ITEMS || k === MOST_ISLANDS) return;
    total.fill(0);
    for (let c = from; c < to; c++)
      for (let s = 0; s < SUMS; s++) total[s]! += sums[cells[c]! * SUMS + s]!;
    const weight = total[0]!;
    let square = 0;
    for (let axis = 0; axis < 3; axis++) {
      let net = 0;
      for (let term = 0; term < TERMS; term++)
        if (moves[term]) net += total[4 + 3 * term + axis]! / weight;
      nets[3 * k + axis] = net;
      square += net ** 2;
      middles[3 * k + axis] = axis < axes ? sceneMetres(total[1 + axis]! / weight) : 0;
    }
    if (square === 0) return;
    this.strengths[k] = Math.sqrt(square);
    this.items[k] = items;
    this.leading[k] = this.leadingOf(k, moves);
    this.findEdge(k, from, to);
    this.count = k + 1;
  }

  /** The term whose summed force contributes most along the net force of island `k`. */
  private leadingOf(k: number, moves: readonly boolean[]): number {
    let leading = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let term = 0; term < TERMS; term++) {
      if (!moves[term]) continue;
      let along = 0;
      for (let axis = 0; axis < 3; axis++)
        along += this.total[4 + 3 * term + axis]! * this.nets[3 * k + axis]!;
      if (along <= most) continue;
      most = along;
      leading = term;
    }
    return leading;
  }

  /** Find the place where a line from the middle of an island along its net force leaves the
   * island. */
  private findEdge(k: number, from: number, to: number): void {
    const { sums, cells, nets, middles, edges, axes, perAxis } = this;
    const strength = this.strengths[k]!;
    let farthest = 0;
    for (let c = from; c < to; c++) {
      const at = cells[c]! * SUMS;
      let along = 0;
      for (let axis = 0; axis < axes; axis++) {
        const place = sceneMetres(sums[at + 1 + axis]! / sums[at]!);
        along += ((place - middles[3 * k + axis]!) * nets[3 * k + axis]!) / strength;
      }
      farthest = Math.max(farthest, along);
    }
    // The items of the outermost cell reach about half a cell beyond the mean of their positions.
    const reach = farthest + 0.5 / perAxis;
    for (let axis = 0; axis < 3; axis++)
      edges[3 * k + axis] = middles[3 * k + axis]! + (nets[3 * k + axis]! / strength) * reach;
  }
}
