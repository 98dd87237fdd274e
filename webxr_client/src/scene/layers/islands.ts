/**
 * Islands: places of the map where items are dense. They are found without labels, on a grid of
 * densities. Two peaks are one island if the density between them is at least JOINED of the lower
 * peak (Chazal et al. 2013, ToMATo). Computed from at most SAMPLES items.
 */
import { blurred } from "./blur.js";

/** Largest number of items that are read. */
const SAMPLES = 20_000;
/** Largest number of cells along the longest side of the cloud, by number of dimensions. */
const CELLS = { 2: 64, 3: 36 };
/**
 * Number of cells along the longest side, as a multiple of the square root (2 dimensions) or the
 * cube root (3 dimensions) of the number of items. With more cells, random differences between the
 * counts would look like peaks.
 */
const FINENESS = { 2: 0.9, 3: 1.6 };
/**
 * Two peaks are one island if the density between them is at least this share of the density of the
 * lower peak.
 */
const JOINED = 0.75;
/** Smallest share of all items in an island. */
const LEAST_SHARE = 0.008;
/** Smallest number of sampled items in an island. */
const FEWEST = 12;
/** Smallest share of a class in an island that is named after the class. */
const NAMED = 0.6;
/** Largest number of islands. */
const MOST = 60;

export interface FoundIsland {
  /** Item nearest to the middle. */
  medoid: number;
  /** The items of the island that were read, ascending. */
  items: readonly number[];
  /** Median position of the items, on the grid of the positions. */
  middle: [number, number, number];
  /** Root mean square distance of the items from the middle, on the grid of the positions. */
  radius: number;
  /** Number of items; estimated from the items that were read unless `exact`. */
  count: number;
  /** Whether all items of the cloud were read. */
  exact: boolean;
  /**
   * Class of at least NAMED of the items that have a class. -1 if there is no such class, or if
   * less than a quarter of the items have a class.
   */
  classId: number;
}

export interface IslandInput {
  /** Positions on the grid, four numbers per item. */
  positions: Uint16Array;
  n: number;
  dimensions: 2 | 3;
  labels: Int16Array;
  /** Predicted class per item, -1 for none; null to name islands by labels only. */
  predictions: Int16Array | null;
}

/** Return the islands of a cloud, the largest first. */
export function findIslands(input: IslandInput): FoundIsland[] {
  const { n, positions, dimensions } = input;
  if (n === 0) return [];
  const every = Math.max(1, Math.ceil(n / SAMPLES));
  const items = Array.from({ length: Math.ceil(n / every) }, (_, k) => k * every);
  const grid = gridOf(items, positions, dimensions);
  const cells = Int32Array.from(items, (item) => grid.cellOf(item));
  const root = peaks(smoothed(grid, cells), grid);
  const members = new Map<number, number[]>();
  items.forEach((item, k) => {
    const peak = root[cells[k]!]!;
    const list = members.get(peak);
    if (list) list.push(item);
    else members.set(peak, [item]);
  });
  const least = Math.max(FEWEST, LEAST_SHARE * items.length);
  return [...members.values()]
    .filter((list) => list.length >= least)
    .sort((a, b) => b.length - a.length)
    .slice(0, MOST)
    .map((list) => describe(list, every, input));
}

interface Grid {
  counts: readonly [number, number, number];
  cellOf(item: number): number;
}

function gridOf(items: readonly number[], positions: Uint16Array, dimensions: 2 | 3): Grid {
  const low = [65535, 65535, 65535];
  const high = [0, 0, 0];
  for (const item of items)
    for (let axis = 0; axis < dimensions; axis++) {
      const at = positions[4 * item + axis]!;
      if (at < low[axis]!) low[axis] = at;
      if (at > high[axis]!) high[axis] = at;
    }
  const cells = FINENESS[dimensions] * items.length ** (1 / dimensions);
  const most = Math.max(1, Math.min(CELLS[dimensions], cells));
  const side = Math.max(1, ...high.map((top, axis) => top - low[axis]!)) / most;
  const counts = [0, 1, 2].map((axis) =>
    axis < dimensions ? Math.floor((high[axis]! - low[axis]!) / side) + 1 : 1,
  ) as [number, number, number];
  const along = (item: number, axis: number) =>
    axis < dimensions
      ? Math.min(counts[axis]! - 1, Math.floor((positions[4 * item + axis]! - low[axis]!) / side))
      : 0;
  return {
    counts,
    cellOf: (item) => (along(item, 2) * counts[1] + along(item, 1)) * counts[0] + along(item, 0),
  };
}

/** Density per cell: the counts, blurred twice with the weights 1, 2, 1 along each axis. */
function smoothed({ counts }: Grid, cells: Int32Array): Float32Array {
  let density = new Float32Array(counts[0] * counts[1] * counts[2]);
  for (const cell of cells) density[cell]! += 1;
  for (let pass = 0; pass < 2; pass++) {
    let step = 1;
    for (const size of counts) {
      if (size > 1) density = blurred(density, step, size, 2);
      step *= size;
    }
  }
  return density;
}

/** Return, per cell, the cell with the peak of its island; -1 for empty cells. */
function peaks(density: Float32Array, { counts }: Grid): Int32Array {
  const parent = new Int32Array(density.length).fill(-1);
  const rootOf = (cell: number): number => {
    let root = cell;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = cell; at !== root; ) {
      const next = parent[at]!;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  const order = Array.from(density.keys())
    .filter((cell) => density[cell]! > 0)
    .sort((a, b) => density[b]! - density[a]!);
  const [width, height, depth] = counts;
  for (const cell of order) {
    const x = cell % width;
    const y = Math.floor(cell / width) % height;
    const z = Math.floor(cell / width / height);
    const roots = new Set<number>();
    for (let dz = -1; dz <= 1; dz++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const [i, j, k] = [x + dx, y + dy, z + dz];
          if (i < 0 || j < 0 || k < 0 || i >= width || j >= height || k >= depth) continue;
          const other = (k * height + j) * width + i;
          if (parent[other]! >= 0) roots.add(rootOf(other));
        }
    const [highest, ...others] = [...roots].sort((a, b) => density[b]! - density[a]!);
    parent[cell] = highest ?? cell;
    for (const root of others)
      if (density[cell]! >= JOINED * density[root]!) parent[root] = highest!;
  }
  for (const cell of order) parent[cell] = rootOf(cell);
  return parent;
}

function describe(items: readonly number[], every: number, input: IslandInput): FoundIsland {
  const { positions, labels, predictions } = input;
  const middle = [0, 1, 2].map((axis) => {
    const values = Uint16Array.from(items, (item) => positions[4 * item + axis]!).sort();
    return values[values.length >> 1]!;
  }) as [number, number, number];
  let [medoid, nearest, sum] = [items[0]!, Number.POSITIVE_INFINITY, 0];
  const classes = new Map<number, number>();
  let known = 0;
  for (const item of items) {
    let square = 0;
    for (let axis = 0; axis < 3; axis++)
      square += (positions[4 * item + axis]! - middle[axis]!) ** 2;
    sum += square;
    if (square < nearest) [medoid, nearest] = [item, square];
    const id = labels[item]! >= 0 ? labels[item]! : (predictions?.[item] ?? -1);
    if (id < 0) continue;
    known += 1;
    classes.set(id, (classes.get(id) ?? 0) + 1);
  }
  const [classId, most] = [...classes].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0]);
  return {
    medoid,
    items,
    middle,
    radius: Math.sqrt(sum / items.length),
    count: items.length * every,
    exact: every === 1,
    // The island is named after a class only if at least a quarter of its items have a class.
    classId: most >= NAMED * known && 4 * known >= items.length ? classId : -1,
  };
}
