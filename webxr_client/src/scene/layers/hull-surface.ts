/**
 * Surface round the places of items: the surface of equal density, on a grid, as naive surface nets
 * (Gibson 1998). A cell whose corners are on both sides of the surface has one corner of the mesh,
 * at the mean of the places where the surface crosses the edges of the cell.
 */
import { blurred } from "./blur.js";

/** Largest number of cells along an axis of the grid. */
const CELLS = 28;
/** Cells along the longest axis of n items: at most this many times the cube root of n. With
 * smaller cells, the surface of 300 items in a ball has tunnels to its middle. */
const CELLS_PER_ROOT = 2;
/** Empty cells at each end of an axis. The blurs reach 2 cells, so the surface is closed. */
const MARGIN = 4;
/** Share of the items that lie outside the grid at each end of an axis: outliers. */
const OUTSIDE = 0.01;
/** Number of blurs with the weights 1, 2, 1 along each axis. */
const BLURS = 2;
/** Share of the items that lie outside the surface. */
const LEFT_OUT = 0.06;
/** Smallest density of the surface, as a share of the density of a single item in its cell. */
const LEAST = 0.6;

export interface HullInput {
  /** Places of the items, three numbers each. */
  places: Float32Array;
  /** Weight per item, 0..1. Higher weights of nearby items make the surface brighter. */
  heat: Uint8Array;
  /** Smallest side of a cell. */
  least: number;
}

/** A mesh: three numbers per corner in `places` and `normals`, one in `heat`. */
export interface HullMesh {
  places: Float32Array;
  normals: Float32Array;
  heat: Float32Array;
  /** Three corners per triangle. */
  triangles: Uint32Array;
  /** Median of the places: a few items elsewhere do not change it. */
  middle: readonly [number, number, number];
  field: Field;
}

/** Density on a grid, whose surface at `level` is the mesh. */
export interface Field {
  density: Float32Array;
  level: number;
  grid: Grid;
}

interface Grid {
  counts: readonly [number, number, number];
  side: number;
  origin: readonly [number, number, number];
  /** Median of the places. */
  middle: readonly [number, number, number];
}

/** Return the surface that encloses most items; null without items. */
export function hullSurface({ places, heat, least }: HullInput): HullMesh | null {
  if (places.length === 0) return null;
  const grid = gridOf(places, least);
  const cells = cellsOf(places, grid);
  let density: Float32Array = new Float32Array(grid.counts.reduce((a, b) => a * b));
  let hot: Float32Array = new Float32Array(density.length);
  cells.forEach((cell, item) => {
    if (cell < 0) return;
    density[cell]! += 1;
    hot[cell]! += heat[item]!;
  });
  density = smoothed(density, grid);
  hot = smoothed(hot, grid);
  const level = levelOf(density, cells);
  return netOf(filled(density, level, grid), hot, level, grid);
}

function gridOf(places: Float32Array, least: number): Grid {
  const n = places.length / 3;
  const low: number[] = [];
  const high: number[] = [];
  const middle: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const values = Float32Array.from({ length: n }, (_, k) => places[3 * k + axis]!).sort();
    middle.push(values[n >> 1]!);
    low.push(values[Math.floor(OUTSIDE * (n - 1))]!);
    high.push(values[Math.ceil((1 - OUTSIDE) * (n - 1))]!);
  }
  const longest = Math.max(...high.map((top, axis) => top - low[axis]!));
  const cells = Math.min(CELLS - 2 * MARGIN, CELLS_PER_ROOT * Math.cbrt(n));
  const side = Math.max(least, longest / cells);
  const counts = [0, 1, 2].map(
    (axis) => Math.floor((high[axis]! - low[axis]!) / side) + 1 + 2 * MARGIN,
  ) as [number, number, number];
  const origin = low.map((bottom, axis) => {
    const spare = counts[axis]! * side - (high[axis]! - bottom);
    return bottom - spare / 2;
  }) as [number, number, number];
  return { counts, side, origin, middle: middle as [number, number, number] };
}

/** The cell of each item; -1 for items near or outside the edge of the grid. */
function cellsOf(places: Float32Array, { counts, side, origin }: Grid): Int32Array {
  const cells = new Int32Array(places.length / 3);
  for (let item = 0; item < cells.length; item++) {
    const at = [0, 1, 2].map((axis) =>
      Math.floor((places[3 * item + axis]! - origin[axis]!) / side),
    );
    const inside = at.every((k, axis) => k >= MARGIN - 1 && k <= counts[axis]! - MARGIN);
    cells[item] = inside ? (at[2]! * counts[1] + at[1]!) * counts[0] + at[0]! : -1;
  }
  return cells;
}

function smoothed(values: Float32Array, { counts }: Grid): Float32Array {
  let out = values;
  for (let pass = 0; pass < BLURS; pass++) {
    let step = 1;
    for (const size of counts) {
      out = blurred(out, step, size, 2);
      step *= size;
    }
  }
  return out;
}

/** Density of the surface: that of the item which is at LEFT_OUT of the items by density. */
function levelOf(density: Float32Array, cells: Int32Array): number {
  const values = Float32Array.from(
    cells.filter((cell) => cell >= 0),
    (cell) => density[cell]!,
  ).sort();
  // The middle of (1, 2, 1) / 4, blurred twice, keeps 6/16 of a single item along each axis.
  const alone = (6 / 16) ** 3;
  const edge = values[Math.floor(LEFT_OUT * values.length)] ?? alone;
  return LEAST * Math.min(edge, 8 * alone);
}

/**
 * Return the density without cavities: cells below the level that are enclosed get the level.
 * Without this, an item in the middle of a hull of few items could be outside.
 */
function filled(density: Float32Array, level: number, { counts }: Grid): Float32Array {
  const [width, height] = counts;
  const open = new Uint8Array(density.length);
  // The first cell is empty, and all empty cells at the edge of the grid are connected with it.
  const waiting = [0];
  const visit = (cell: number) => {
    if (open[cell] || !(density[cell]! < level)) return;
    open[cell] = 1;
    waiting.push(cell);
  };
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop())
    for (const step of [1, width, width * height]) {
      if (cell >= step) visit(cell - step);
      if (cell + step < density.length) visit(cell + step);
    }
  return density.map((value, cell) => (open[cell] || value >= level ? value : level));
}

function netOf(density: Float32Array, hot: Float32Array, level: number, grid: Grid): HullMesh {
  const { counts, side, origin } = grid;
  const [width, height, depth] = counts;
  const steps = [1, width, width * height] as const;
  const places: number[] = [];
  const normals: number[] = [];
  const heat: number[] = [];
  const triangles: number[] = [];
  const corner = new Int32Array(density.length).fill(-1);
  const value = new Float32Array(8);
  for (let z = 0; z + 1 < depth; z++)
    for (let y = 0; y + 1 < height; y++)
      for (let x = 0; x + 1 < width; x++) {
        const cell = x + steps[1] * y + steps[2] * z;
        let inside = 0;
        let sum = 0;
        let hotSum = 0;
        for (let k = 0; k < 8; k++) {
          const other = cell + (k & 1) + (k & 2 ? steps[1] : 0) + (k & 4 ? steps[2] : 0);
          value[k] = density[other]!;
          sum += value[k]!;
          hotSum += hot[other]!;
          if (value[k]! >= level) inside += 1;
        }
        if (inside === 0 || inside === 8) continue;
        corner[cell] = heat.length;
        const at = crossing(value, level);
        for (let axis = 0; axis < 3; axis++)
          // A density belongs to the middle of its cell.
          places.push(origin[axis]! + ([x, y, z][axis]! + at[axis]! + 0.5) * side);
        normals.push(...outwards(value));
        heat.push(sum > 0 ? hotSum / sum : 0);
      }
  for (let z = 1; z + 1 < depth; z++)
    for (let y = 1; y + 1 < height; y++)
      for (let x = 1; x + 1 < width; x++) {
        const cell = x + steps[1] * y + steps[2] * z;
        for (let axis = 0; axis < 3; axis++) {
          const here = density[cell]! >= level;
          if (here === density[cell + steps[axis]!]! >= level) continue;
          const [u, v] = [steps[(axis + 1) % 3]!, steps[(axis + 2) % 3]!];
          const [a, b, c, d] = [cell, cell - u, cell - u - v, cell - v].map((at) => corner[at]!);
          if (here) triangles.push(a!, b!, c!, a!, c!, d!);
          else triangles.push(a!, c!, b!, a!, d!, c!);
        }
      }
  return {
    places: Float32Array.from(places),
    normals: Float32Array.from(normals),
    heat: Float32Array.from(heat),
    triangles: Uint32Array.from(triangles),
    middle: grid.middle,
    field: { density, level, grid },
  };
}

/** Corners of the part of a mesh that is nearest to its middle, three numbers each. */
export function mainPart({ places, triangles, middle }: HullMesh): Float32Array {
  const inPart = new Uint8Array(places.length / 3);
  let least = Number.POSITIVE_INFINITY;
  let nearest = 0;
  inPart.forEach((_, corner) => {
    const away = Math.hypot(...middle.map((at, axis) => places[3 * corner + axis]! - at));
    if (away >= least) return;
    least = away;
    nearest = corner;
  });
  inPart[nearest] = 1;
  for (let grows = true; grows; ) {
    grows = false;
    for (let k = 0; k < triangles.length; k += 3) {
      const [a, b, c] = [triangles[k]!, triangles[k + 1]!, triangles[k + 2]!];
      const found = inPart[a]! + inPart[b]! + inPart[c]!;
      if (found === 0 || found === 3) continue;
      inPart[a] = inPart[b] = inPart[c] = 1;
      grows = true;
    }
  }
  return places.filter((_, k) => inPart[Math.floor(k / 3)]);
}

/** Whether a place is inside the surface: the density there, between the cells, is high enough. */
export function isInside(
  { density, level, grid }: Field,
  x: number,
  y: number,
  z: number,
): boolean {
  const { counts, side, origin } = grid;
  const [width, height, depth] = counts;
  const across = (x - origin[0]) / side - 0.5;
  const up = (y - origin[1]) / side - 0.5;
  const back = (z - origin[2]) / side - 0.5;
  if (!(across >= 0 && up >= 0 && back >= 0)) return false;
  if (across >= width - 1 || up >= height - 1 || back >= depth - 1) return false;
  const [i, j, k] = [Math.floor(across), Math.floor(up), Math.floor(back)];
  const cell = (k * height + j) * width + i;
  const along = (at: number) => density[at]! + (density[at + 1]! - density[at]!) * (across - i);
  const plane = (at: number) => along(at) + (along(at + width) - along(at)) * (up - j);
  const [near, far] = [plane(cell), plane(cell + width * height)];
  return near + (far - near) * (back - k) >= level;
}

/** Mean of the places where the surface crosses the edges of a cell with these corners, 0..1. */
function crossing(value: Float32Array, level: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  let n = 0;
  for (let k = 0; k < 8; k++)
    for (let axis = 0; axis < 3; axis++) {
      const bit = 1 << axis;
      if (k & bit) continue;
      const [from, to] = [value[k]!, value[k | bit]!];
      if (from >= level === to >= level) continue;
      for (let other = 0; other < 3; other++)
        sum[other]! += other === axis ? (level - from) / (to - from) : k & (1 << other) ? 1 : 0;
      n += 1;
    }
  return [sum[0] / n, sum[1] / n, sum[2] / n];
}

/** Direction in which the density falls. */
function outwards(value: Float32Array): [number, number, number] {
  const slope = [0, 1, 2].map((axis) => {
    let sum = 0;
    for (let k = 0; k < 8; k++) sum += k & (1 << axis) ? -value[k]! : value[k]!;
    return sum;
  });
  const length = Math.hypot(...slope) || 1;
  return [slope[0]! / length, slope[1]! / length, slope[2]! / length];
}
