import { describe, expect, it } from "vitest";
import {
  BINS,
  MOST_BARS,
  type Summarised,
  summarise,
} from "../../../src/scene/cloud/cloud-summary.js";

const grid = (metres: number) => Math.round((metres + 0.5) * 65535);

/** Items of some classes, each class round a place, with a spread of 4 cm. */
function cloud(places: readonly (readonly [number, number, number])[], each = 200): Summarised {
  const n = places.length * each;
  const positions = new Uint16Array(4 * n);
  const labels = new Int16Array(n);
  for (let item = 0; item < n; item++) {
    const id = item % places.length;
    labels[item] = id;
    for (let axis = 0; axis < 3; axis++)
      positions[4 * item + axis] = grid(places[id]![axis]! + 0.04 * Math.sin(item * (axis + 1.7)));
  }
  const predictions = new Int16Array(n).fill(-1);
  return { n, positions, labels, predictions, middle: [0, 0, 0], size: [1, 1, 1] };
}

const PLACES = [
  [-0.3, 0.1, 0],
  [0.3, -0.2, 0.2],
] as const;

describe("summarise", () => {
  it("finds the middle of each island", () => {
    const { islands } = summarise(cloud(PLACES));
    expect(islands.map(({ classId }) => classId)).toEqual([0, 1]);
    islands.forEach(({ x, y, z, radius }, k) => {
      const place = PLACES[k]!;
      expect(Math.hypot(x - place[0], y - place[1], z - place[2])).toBeLessThan(0.01);
      expect(radius).toBeGreaterThan(0.03);
      expect(radius).toBeLessThan(0.08);
    });
  });

  it("does not put the name of a class between two of its islands", () => {
    const two = cloud([PLACES[0], PLACES[0], PLACES[0], PLACES[1]]);
    two.labels.fill(0);
    const [island] = summarise(two).islands;
    expect(island!.x).toBeCloseTo(PLACES[0][0], 1);
  });

  it("puts the name of a class at its labelled items, not at predicted ones", () => {
    const given = cloud([PLACES[0], PLACES[1], PLACES[1], PLACES[1]]);
    for (let item = 0; item < given.n; item++)
      if (given.labels[item] !== 0) {
        given.labels[item] = -1;
        given.predictions[item] = 0;
      }
    const [island] = summarise(given).islands;
    expect(island!.x).toBeCloseTo(PLACES[0][0], 1);
  });

  it("uses predictions where there is no label, and names no items without a class", () => {
    const given = cloud(PLACES);
    given.labels.fill(-1);
    expect(summarise(given).islands).toEqual([]);
    given.predictions.fill(3, 0, 100);
    expect(summarise(given).islands.map(({ classId }) => classId)).toEqual([3]);
  });

  it("counts each class along each axis, relative to the fullest bin", () => {
    const { bars, classes } = summarise(cloud(PLACES));
    expect(classes).toEqual([0, 1, -1]);
    const bin = (axis: number, row: number, at: number) =>
      bars[(axis * 3 + row) * BINS + Math.floor((at + 0.5) * BINS)]!;
    for (let axis = 0; axis < 3; axis++) {
      for (const row of [0, 1]) expect(bin(axis, row, PLACES[row]![axis]!)).toBeGreaterThan(0.2);
      const sums = Array.from({ length: BINS }, (_, at) =>
        [0, 1, 2].reduce((sum, row) => sum + bars[(axis * 3 + row) * BINS + at]!, 0),
      );
      expect(Math.max(...sums)).toBeCloseTo(1, 5);
      expect(Math.max(...bars.subarray((axis * 3 + 2) * BINS, (axis * 3 + 3) * BINS))).toBe(0);
    }
    expect(bin(0, 0, 0.3)).toBe(0);
  });

  it("puts classes beyond the largest ones into the last row", () => {
    const many = cloud(
      Array.from({ length: MOST_BARS + 5 }, () => PLACES[0]),
      20,
    );
    const { classes, bars } = summarise(many);
    expect(classes.length).toBe(MOST_BARS + 1);
    const last = bars.subarray(MOST_BARS * BINS, (MOST_BARS + 1) * BINS);
    expect(last.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  });

  it("looks at a part of a large cloud only", () => {
    const { islands, bars } = summarise(cloud(PLACES, 60_000));
    expect(islands.length).toBeGreaterThan(0);
    expect(Math.max(...bars)).toBeGreaterThan(0.1);
  });
});
