/** Items in a brush, and clusters that grow from a brush. */
import { Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { type BrushHit, queryBrush } from "../../../../src/interaction/xr/brush/brush-query.js";
import { ClusterGrowth } from "../../../../src/state/cluster-growth.js";
import type { LatentState } from "../../../../src/state/latent-state.js";
import { blobs, latentOf, seeded } from "../fixtures.js";

const query = (latent: LatentState, before: Vector3, centre: Vector3, radius: number) => {
  const hit: BrushHit = { count: 0, nearest: -1 };
  const items: number[] = [];
  queryBrush(latent, before, centre, radius, hit, (item) => items.push(item));
  return { ...hit, items };
};

describe("the brush", () => {
  const random = seeded(3);
  const points = Array.from({ length: 3000 }, () => [0, 1, 2].map(() => random() - 0.5));
  const latent = latentOf(points);
  const distance = (item: number, at: Vector3) =>
    Math.hypot(
      ...[at.x, at.y, at.z].map((value, axis) => value - (points[item]?.[axis] as number)),
    );

  it.each([0.05, 0.2, 0.6])("holds the items within its radius, %f", (radius) => {
    const centre = new Vector3(0.1, -0.05, 0.02);
    const { items, count, nearest } = query(latent, centre, centre, radius);
    const wanted = points.map((_, i) => i).filter((i) => distance(i, centre) <= radius);
    expect(items).toEqual(wanted);
    expect(count).toBe(wanted.length);
    const all = wanted.map((i) => distance(i, centre));
    if (wanted.length) expect(distance(nearest, centre)).toBeCloseTo(Math.min(...all), 4);
    else expect(nearest).toBe(-1);
  });
  it("misses no item on a quick stroke", () => {
    const [a, b] = [new Vector3(-0.4, 0, 0), new Vector3(0.4, 0.1, 0.05)];
    const { items } = query(latent, a, b, 0.05);
    const between = new Set<number>();
    for (let k = 0; k <= 2000; k++) {
      const at = a.clone().lerp(b, k / 2000);
      for (const item of query(latent, at, at, 0.0499).items) between.add(item);
    }
    for (const item of between) expect(items).toContain(item);
    expect(items.length - between.size).toBeLessThan(0.05 * items.length);
  });
  it("searches the middle plane of a flat scene", () => {
    const flat = latentOf([[0.1, 0.1, 0]], 2);
    const at = new Vector3(0.1, 0.1, 0);
    expect(query(flat, at, at, 0.01).items).toEqual([0]);
    expect(query(flat, at.setZ(0.02), at, 0.01).items).toEqual([]);
  });
});

describe("snap to cluster", () => {
  const centres = [
    [-0.3, 0.1, 0],
    [0.25, 0.2, 0.1],
    [0.2, -0.3, -0.2],
  ];
  const { points, group } = blobs(centres, 500, 0.035, 11);
  const latent = latentOf(points);
  const share = (items: Uint32Array, of: number) => items.filter((i) => group[i] === of).length;

  it.each([0, 1, 2])("takes the cluster under the brush and no other, %i", (k) => {
    const [x, y, z] = centres[k] as [number, number, number];
    const items = new ClusterGrowth().grow(latent, new Vector3(x, y, z), 0.03, 0.15);
    expect(share(items, k)).toBe(items.length);
    expect(items.length).toBeGreaterThan(0.8 * 500);
  });
  it("takes more items for a lower density", () => {
    const at = new Vector3(-0.3, 0.1, 0);
    const growth = new ClusterGrowth();
    const sizes = [0.9, 0.6, 0.3, 0.1, 0.02].map(
      (least) => growth.grow(latent, at, 0.03, least).length,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[0]).toBeLessThan(sizes[4]!);
  });
  it("separates two clusters that touch by the threshold", () => {
    const touching = blobs(
      [
        [-0.1, 0, 0],
        [0.1, 0, 0],
      ],
      800,
      0.045,
      5,
    );
    const both = latentOf(touching.points);
    const at = new Vector3(-0.1, 0, 0);
    const strict = new ClusterGrowth().grow(both, at, 0.03, 0.35);
    const wrong = strict.filter((i) => touching.group[i] !== 0).length;
    expect(wrong / strict.length).toBeLessThan(0.08);
    const loose = new ClusterGrowth().grow(both, at, 0.03, 0.02);
    expect(loose.length).toBeGreaterThan(1.6 * strict.length);
  });
  it("finds nothing in empty space, or in a cloud without items", () => {
    const growth = new ClusterGrowth();
    expect(growth.grow(latent, new Vector3(0.45, 0.45, 0.45), 0.02, 0.1)).toHaveLength(0);
    expect(growth.grow(latentOf([]), new Vector3(), 0.1, 0.1)).toHaveLength(0);
  });
  it("finds the cluster at its new place after points have moved", () => {
    const growth = new ClusterGrowth();
    const moving = latentOf(points);
    const place = new Vector3(-0.3, 0.1, 0);
    expect(growth.grow(moving, place, 0.03, 0.15).length).toBeGreaterThan(0.8 * 500);
    for (let i = 0; i < moving.n; i++) moving.to[4 * i + 1]! += 0.1 * 65535;
    moving.version += 1;
    const items = growth.grow(moving, place.setY(0.2), 0.03, 0.15);
    expect(share(items, 0)).toBe(items.length);
    expect(items.length).toBeGreaterThan(0.8 * 500);
  });
  it("works in a flat scene", () => {
    const flat = latentOf(
      points.map(([x, y]) => [x as number, y as number, 0]),
      2,
    );
    const items = new ClusterGrowth().grow(flat, new Vector3(-0.3, 0.1, 0), 0.03, 0.15);
    expect(share(items, 0)).toBe(items.length);
    expect(items.length).toBeGreaterThan(400);
  });
});
