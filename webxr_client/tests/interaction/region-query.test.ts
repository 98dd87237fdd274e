import { describe, expect, it } from "vitest";
import { type Cloud, itemsInRegion, nearestItem } from "../../src/interaction/region-query.js";
import type { Region } from "../../src/protocol/messages.js";
import { BLOCK, blockBoxes } from "../../src/state/item-blocks.js";
import { vectors } from "../vectors.js";

interface Vector {
  name: string;
  points: number[][];
  region: Region;
  items: number[];
}

/** A cloud of points whose positions are their latent means. */
function cloudAt(points: number[][], dimension = points[0]?.length ?? 3): Cloud {
  const positions = points.flatMap((point) => [point[0]!, point[1]!, point[2] ?? 0, 0]);
  const n = points.length;
  const box = { origin: [0, 0, 0] as [number, number, number], size: 1 };
  return { n, positions, dimension, box, steps: 1, boxes: blockBoxes({ n, positions }) };
}

const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

describe("regions hold the items of the shared vectors", () => {
  it.each(vectors<Vector>("selection/regions.json"))("$name", ({ points, region, items }) => {
    expect(Array.from(itemsInRegion(cloudAt(points), region))).toEqual(items);
  });
});

describe("nearestItem", () => {
  it("finds the item under the pointer, and of two the nearer one", () => {
    const cloud = cloudAt([
      [0, 0, 0.5],
      [0.001, 0, -0.5],
      [0.5, 0.5, 0],
    ]);
    expect(nearestItem(cloud, identity, 0, 0, [0.05, 0.05])).toBe(1);
    expect(nearestItem(cloud, identity, 0.5, 0.5, [0.05, 0.05])).toBe(2);
    expect(nearestItem(cloud, identity, -0.5, -0.5, [0.05, 0.05])).toBe(-1);
  });
});

describe("searches of several blocks of items", () => {
  // A matrix with perspective: the camera is at z = 2.
  const perspective = [1.4, 0, 0, 0, 0, 1.7, 0, 0, 0, 0, -1.1, -1, 0.1, 0, 2, 2];
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  /** Blocks of points near their own centres, so that most boxes are outside a small region. */
  const points = Array.from({ length: 5 * BLOCK - 7 }, (_, k) => {
    const centre = Math.floor(k / BLOCK) / 2.5 - 0.8;
    return [centre + 0.3 * random(), random() - 0.5, 3 * random() - 0.5];
  });
  const project = ([x, y, z]: number[]) => {
    const at = (row: number) =>
      perspective[row]! * x! +
      perspective[4 + row]! * y! +
      perspective[8 + row]! * z! +
      perspective[12 + row]!;
    const w = at(3);
    const front = w > 0 && Math.abs(at(2)) <= w;
    return { x: at(0) / w, y: at(1) / w, depth: at(2) / w, front };
  };
  const polygon = Array.from({ length: 60 }, (_, k) => {
    const [angle, radius] = [(2.6 * Math.PI * k) / 60, 0.25 + 0.1 * random()];
    return [0.1 + radius * Math.cos(angle), radius * Math.sin(angle)];
  }).flat();
  const inside = (x: number, y: number) => {
    let winding = 0;
    for (let a = 0; a < polygon.length; a += 2) {
      const [x0, y0] = [polygon[a]!, polygon[a + 1]!];
      const b = (a + 2) % polygon.length;
      const [x1, y1] = [polygon[b]!, polygon[b + 1]!];
      const side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
      if (y0 <= y && y1 > y && side > 0) winding++;
      if (y0 > y && y1 <= y && side < 0) winding--;
    }
    return winding !== 0;
  };

  it.each(["through", "visible"] as const)("find the items that lie inside (%s)", (mode) => {
    const cell: [number, number] = [0.02, 0.03];
    const at = points.map(project);
    const cellOf = (x: number, y: number) =>
      `${Math.floor((x + 1) / cell[0])},${Math.floor((y + 1) / cell[1])}`;
    const nearest = new Map<string, number>();
    for (const { x, y, depth, front } of at)
      if (front && Math.abs(x) <= 1 && Math.abs(y) <= 1)
        nearest.set(cellOf(x, y), Math.min(depth, nearest.get(cellOf(x, y)) ?? 2));
    const wanted = at.flatMap(({ x, y, depth, front }, item) => {
      const hidden = mode === "visible" && depth > (nearest.get(cellOf(x, y)) ?? -2) + 0.002;
      return front && inside(x, y) && !hidden ? [item] : [];
    });
    const region = { polygon, clip_from_latent: perspective, mode, cell };
    expect(wanted.length).toBeGreaterThan(100);
    expect(Array.from(itemsInRegion(cloudAt(points), region))).toEqual(wanted);
  });

  it("find no item that does not exist", () => {
    const cloud = cloudAt(points);
    const missing = cloud.positions as number[];
    for (let item = 0; item < 2 * BLOCK; item++) missing[4 * item + 3] = 1;
    const emptied = { ...cloud, boxes: blockBoxes(cloud) };
    const everywhere = { polygon: [-9, -9, 9, -9, 9, 9, -9, 9], clip_from_latent: perspective };
    const found = itemsInRegion(emptied, { ...everywhere, mode: "through" } as Region);
    expect(found[0]).toBeGreaterThanOrEqual(2 * BLOCK);
  });
});
