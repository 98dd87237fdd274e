/** From a selection over what is predicted the same; how a brush grows is in interaction/xr/brush.test.ts. */
import { describe, expect, it } from "vitest";
import { ClusterGrowth } from "../../src/state/cluster-growth.js";
import { blobs, latentOf } from "../interaction/xr/fixtures.js";

describe("growing to the same prediction", () => {
  // Two clusters that touch, and one of the first kind far away.
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

  it("takes the cluster, not its neighbour of another kind, nor what lies elsewhere", () => {
    const items = grown([3, 10, 20]);
    expect(items.every((item) => group[item] === 0)).toBe(true);
    expect(items.length).toBeGreaterThan(480);
    expect(items).toEqual([...items].sort((a, b) => a - b));
  });
  it("keeps what was selected, of whatever kind, and grows from none of the others", () => {
    expect(grown([700])).toEqual([700]);
    expect(grown([3, 700])).toContain(700);
  });
  it("takes more the thinner a place may be", () => {
    expect(grown([3], 0).length).toBeGreaterThanOrEqual(grown([3], 0.5).length);
  });
});
