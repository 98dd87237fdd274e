import { describe, expect, it } from "vitest";
import {
  combine,
  itemsInRegion,
  nearestItem,
  project,
} from "../../src/interaction/region-query.js";
import type { Region } from "../../src/protocol/messages.js";
import { vectors } from "../vectors.js";

interface Vector {
  name: string;
  points: number[][];
  region: Region;
  items: number[];
}

const cloudOf = (points: number[][]) => ({
  n: points.length,
  dimension: points[0]?.length ?? 3,
  latentMean: (item: number, axis: number) => points[item]![axis] as number,
});

describe("regions hold the items of the shared vectors", () => {
  it.each(vectors<Vector>("selection/regions.json"))("$name", ({ points, region, items }) => {
    expect(
      Array.from(itemsInRegion(project(cloudOf(points), region.clip_from_latent), region)),
    ).toEqual(items);
  });
});

describe("combine", () => {
  const base = Uint32Array.of(1, 3, 5);
  it("adds, ascending and without duplicates", () => {
    expect(Array.from(combine(base, Uint32Array.of(2, 3, 10), false))).toEqual([1, 2, 3, 5, 10]);
  });
  it("gives the same result as sets, for any two ascending lists", () => {
    const some = (seed: number) =>
      Uint32Array.from({ length: 500 }, (_, k) => k).filter((k) => (k * seed) % 7 < 3);
    for (const [a, b] of [
      [some(3), some(5)],
      [some(2), new Uint32Array(0)],
      [new Uint32Array(0), some(4)],
    ] as const) {
      const both = [...new Set([...a, ...b])].sort((x, y) => x - y);
      expect(Array.from(combine(a, b, false))).toEqual(both);
      expect(combine(a, b, true)).toEqual(a.filter((item) => !b.includes(item)));
    }
  });
  it("subtracts", () => {
    expect(Array.from(combine(base, Uint32Array.of(3, 4), true))).toEqual([1, 5]);
  });
});

describe("nearestItem", () => {
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  it("finds the item under the pointer, and of two the nearer one", () => {
    const points = [
      [0, 0, 0.5],
      [0.001, 0, -0.5],
      [0.5, 0.5, 0],
    ];
    const projected = project(cloudOf(points), identity);
    expect(nearestItem(projected, 0, 0, [0.05, 0.05])).toBe(1);
    expect(nearestItem(projected, 0.5, 0.5, [0.05, 0.05])).toBe(2);
    expect(nearestItem(projected, -0.5, -0.5, [0.05, 0.05])).toBe(-1);
  });
});
