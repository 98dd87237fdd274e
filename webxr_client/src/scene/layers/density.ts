/** Density of points on the screen, and lines of equal density. */
import { blurred } from "./blur.js";

/** Side of a cell of the grid, CSS pixels. */
export const CELL = 8;
/** Shares of the points that the lines enclose. */
export const ENCLOSED = [0.9, 0.6, 0.3] as const;
/** Passes of a box blur over three cells; together they are close to a Gaussian of 1.8 cells. */
const PASSES = 5;

export interface Density {
  columns: number;
  rows: number;
  /** Density per cell, row by row. */
  values: Float32Array;
  /** Density at which a line encloses each share of ENCLOSED. */
  levels: number[];
}

/**
 * Density of points.
 *
 * @param points x and y per point, CSS pixels; points outside are not counted
 */
export function densityOf(points: Float32Array, width: number, height: number): Density {
  const columns = Math.ceil(width / CELL) + 1;
  const rows = Math.ceil(height / CELL) + 1;
  let values = new Float32Array(columns * rows);
  const inside: number[] = [];
  for (let k = 0; k < points.length; k += 2) {
    const x = Math.round(points[k]! / CELL);
    const y = Math.round(points[k + 1]! / CELL);
    if (!(x >= 0 && y >= 0 && x < columns && y < rows)) continue;
    const cell = y * columns + x;
    values[cell]! += 1;
    inside.push(cell);
  }
  for (let pass = 0; pass < PASSES; pass++)
    values = blurred(blurred(values, 1, columns, 1), columns, rows, 1);
  const sorted = Float32Array.from(inside, (cell) => values[cell]!).sort();
  const levels = ENCLOSED.map((share) => sorted[Math.floor((1 - share) * sorted.length)] ?? 0);
  return { columns, rows, values, levels };
}

/**
 * Line of equal density, as segments: x0, y0, x1, y1 per segment, CSS pixels (marching squares).
 */
export function contour({ columns, rows, values }: Density, level: number): number[] {
  const segments: number[] = [];
  const corner = [0, 0, 0, 0];
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      corner[0] = values[at]! - level;
      corner[1] = values[at + 1]! - level;
      corner[2] = values[at + columns + 1]! - level;
      corner[3] = values[at + columns]! - level;
      const ends: number[] = [];
      for (let side = 0; side < 4; side++) {
        const [a, b] = [corner[side]!, corner[(side + 1) % 4]!];
        if (a >= 0 === b >= 0) continue;
        const share = a / (a - b);
        const [x0, y0] = CORNERS[side]!;
        const [x1, y1] = CORNERS[(side + 1) % 4]!;
        ends.push((column + x0 + share * (x1 - x0)) * CELL, (row + y0 + share * (y1 - y0)) * CELL);
      }
      // With four ends, the diagonal corners differ, and two short lines cut off two of them.
      for (let k = 0; k + 3 < ends.length; k += 4) segments.push(...ends.slice(k, k + 4));
    }
  return segments;
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;
