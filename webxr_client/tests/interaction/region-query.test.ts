import { describe, expect, it } from "vitest";
import { itemsInRegion, nearestItem, project } from "../../src/interaction/region-query.js";
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
