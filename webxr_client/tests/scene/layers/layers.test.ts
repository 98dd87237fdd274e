import { describe, expect, it } from "vitest";
import { CELL, contour, densityOf, ENCLOSED } from "../../../src/scene/layers/density.js";
import { BAR, binned } from "../../../src/scene/layers/histograms.js";
import { findIslands } from "../../../src/scene/layers/islands.js";
import { Projection } from "../../../src/scene/layers/projection.js";

/** Pseudo-random numbers from a normal distribution. */
function normals(seed: number): () => number {
  let at = seed;
  const next = () => {
    at = (1664525 * at + 1013904223) % 2 ** 32;
    return (at + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

const MIDDLES = [
  [15000, 15000, 15000],
  [50000, 15000, 30000],
  [30000, 50000, 50000],
] as const;
const SIZES = [900, 500, 300] as const;

/** Three round clusters, one after the other. */
function clusters(spread: number) {
  const random = normals(7);
  const n = SIZES.reduce((a, b) => a + b, 0);
  const positions = new Uint16Array(4 * n);
  let item = 0;
  MIDDLES.forEach((middle, k) => {
    for (let j = 0; j < SIZES[k]!; j++, item++)
      for (let axis = 0; axis < 3; axis++)
        positions[4 * item + axis] = middle[axis]! + spread * random();
  });
  return {
    positions,
    n,
    dimensions: 3 as const,
    labels: new Int16Array(n).fill(-1),
    predictions: new Int16Array(n).fill(-1),
  };
}

describe("islands", () => {
  it("are the clusters, the largest first, with an item in their middle", () => {
    const found = findIslands(clusters(2500));
    expect(found).toHaveLength(3);
    found.forEach((island, k) => {
      expect(island.count).toBeGreaterThan(0.85 * SIZES[k]!);
      expect(island.count).toBeLessThan(1.15 * SIZES[k]!);
      for (let axis = 0; axis < 3; axis++)
        expect(Math.abs(island.middle[axis]! - MIDDLES[k]![axis]!)).toBeLessThan(1000);
      const first = SIZES.slice(0, k).reduce((a, b) => a + b, 0);
      expect(island.medoid).toBeGreaterThanOrEqual(first);
      expect(island.medoid).toBeLessThan(first + SIZES[k]!);
      expect(island.classId).toBe(-1);
    });
  });
  it("have the name of a class only if most of their items have the class", () => {
    const cloud = clusters(2500);
    cloud.predictions.fill(4, 0, 900);
    cloud.labels.fill(2, 900, 1150);
    cloud.labels.fill(3, 1150, 1400);
    cloud.labels.fill(1, 1400, 1410);
    expect(findIslands(cloud).map(({ classId }) => classId)).toEqual([4, -1, -1]);
  });
  it("are one where the items form one cluster, and none without items", () => {
    const cloud = clusters(2500);
    expect(findIslands({ ...cloud, n: 900 })).toHaveLength(1);
    expect(findIslands({ ...cloud, n: 0 })).toEqual([]);
  });
});

describe("lines of equal density", () => {
  const random = normals(3);
  const points = Float32Array.from({ length: 8000 }, (_, k) =>
    k % 2 ? 300 + 60 * random() : 400 + 60 * random(),
  );
  const density = densityOf(points, 800, 600);
  it.each(ENCLOSED.map((share, k) => [share, k] as const))(
    "enclose %f of the points",
    (share, k) => {
      // For a round cluster, the line is a circle about the middle: the share within is known.
      const line = contour(density, density.levels[k]!);
      expect(line.length).toBeGreaterThan(40);
      let sum = 0;
      for (let at = 0; at < line.length; at += 2)
        sum += Math.hypot(line[at]! - 400, line[at + 1]! - 300);
      const radius = (2 * sum) / line.length;
      let inside = 0;
      for (let at = 0; at < points.length; at += 2)
        if (Math.hypot(points[at]! - 400, points[at + 1]! - 300) <= radius) inside += 1;
      expect(Math.abs(inside / 4000 - share)).toBeLessThan(0.04);
    },
  );
  it("are empty without points on the screen", () => {
    const outside = densityOf(Float32Array.of(-50, 20, Number.NaN, 3), 10 * CELL, 10 * CELL);
    expect(contour(outside, outside.levels[0]!)).toEqual([]);
  });
});

describe("histograms at the edges", () => {
  it("count each point on the screen once, by class", () => {
    const places = Float32Array.of(1, 2, BAR + 1, -5, 1000);
    const bars = binned(places, Int16Array.of(0, -1, 1, 0, 0), 2, 4 * BAR);
    expect(bars.map((bar) => [...bar])).toEqual([
      [1, 0, 1],
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe("the places of items on the screen", () => {
  it("follow the matrix and the box", () => {
    // Clip space is latent space divided by 2.
    const half = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1];
    const box = { origin: [-2, -2, -2] as [number, number, number], size: 4 };
    const projection = new Projection(half, box, 800, 600);
    const at = new Float64Array(2);
    expect(projection.place(65535, 65535, 0, at)).toBe(true);
    expect([...at]).toEqual([800, 0]);
    projection.place(0, 0, 0, at);
    expect([...at].map(Math.round)).toEqual([0, 600]);
    expect(projection.pixels(0, 0, 0, 65535)).toBeCloseTo(600);
  });
});
