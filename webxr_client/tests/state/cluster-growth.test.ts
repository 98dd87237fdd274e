/** Growth from a selection. Growth from a brush is in interaction/xr/brush/brush.test.ts. */
import { describe, expect, it } from "vitest";
import { ClusterGrowth } from "../../src/state/cluster-growth.js";
import { blobs, latentOf } from "../interaction/xr/fixtures.js";

describe("growOver", () => {
  // Two clusters that touch each other, and a distant cluster of the same kind as the first.
  const centres = [
    [-0.1, 0, 0],
    [0.06, 0, 0],
    [0.4, 0.4, 0.4],
  ];
  const { points, group } = blobs(centres, 600, 0.035, 7);
  const latent = latentOf(points);
  const kind = (item: number) => (group[item] as number) % 2;
  const grown = (items: readonly number[], share = 0.1) =>
    Array.from(
      new ClusterGrowth().growOver(latent, Uint32Array.from(items), share, (i) => kind(i) === 0),
    );

  it("adds the cluster without its neighbour and without distant items", () => {
    const items = grown([3, 10, 20]);
    expect(items.every((item) => group[item] === 0)).toBe(true);
    expect(items.length).toBeGreaterThan(480);
    expect(items).toEqual([...items].sort((a, b) => a - b));
  });
  it("keeps selected items of another kind and does not grow from them", () => {
    expect(grown([700])).toEqual([700]);
    expect(grown([3, 700])).toContain(700);
  });
  it("adds more items with a lower density threshold", () => {
    expect(grown([3], 0).length).toBeGreaterThanOrEqual(grown([3], 0.5).length);
  });
});
