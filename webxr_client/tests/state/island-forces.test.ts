/** Means of forces over islands, with forces and positions that are known. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ForcesFrame } from "../../src/protocol/frames.js";
import { FORCE_TERMS, GRID_STEPS } from "../../src/protocol/messages.js";
import { IslandForces, movingTerms } from "../../src/state/island-forces.js";
import { LatentState } from "../../src/state/latent-state.js";

const [KL, CLASS, NEIGHBOUR, ANCHOR] = [0, 1, 2, 3] as const;
const PER_ISLAND = 10;

let latent: LatentState;
let vectors: Float32Array;

/** Two islands of ten items at (0.22, 0.22, 0.22) and (0.82, 0.82, 0.82) of the box. */
function frame(): ForcesFrame {
  return { kind: "forces", header: { n: latent.n, axes: 3 }, vectors } as ForcesFrame;
}

function push(term: number, island: number, force: readonly number[]): void {
  for (let k = 0; k < PER_ISLAND; k++)
    for (let axis = 0; axis < 3; axis++)
      vectors[(term * latent.n + island * PER_ISLAND + k) * 3 + axis]! += force[axis]!;
}

beforeEach(() => {
  latent = new LatentState();
  latent.n = 2 * PER_ISLAND;
  latent.to = new Uint16Array(4 * latent.n);
  for (let item = 0; item < latent.n; item++)
    for (let axis = 0; axis < 3; axis++)
      latent.to[4 * item + axis] = (item < PER_ISLAND ? 0.22 : 0.82) * (GRID_STEPS - 1);
  vectors = new Float32Array(FORCE_TERMS.length * latent.n * 3);
});

const islandsOf = (preset: "default" | "paper" = "default") => {
  const islands = new IslandForces();
  islands.update(latent, frame(), preset, 0);
  return islands;
};

it("knows which terms move points", () => {
  expect(FORCE_TERMS).toEqual(["kl", "classification", "neighbour", "anchor", "axis"]);
  expect(movingTerms("default")).toEqual([false, false, true, true, true]);
  expect(movingTerms("calm")).toEqual([false, false, true, true, true]);
  expect(movingTerms("paper")).toEqual([true, true, false, false, true]);
});

describe("an island", () => {
  it("has the mean position of its items, and the net of the forces that move points", () => {
    push(NEIGHBOUR, 0, [3, 0, 0]);
    push(ANCHOR, 0, [-1, 1, 0]);
    push(KL, 0, [0, 0, 99]);
    push(ANCHOR, 1, [0, 0, -2]);
    const islands = islandsOf();
    expect(islands.count).toBe(2);
    expect(Array.from(islands.nets.slice(0, 6))).toEqual([2, 1, 0, 0, 0, -2]);
    expect(islands.strengths[0]).toBeCloseTo(Math.sqrt(5));
    expect(islands.middles[0]).toBeCloseTo(-0.28, 3);
    expect(islands.middles[5]).toBeCloseTo(0.32, 3);
    expect(Array.from(islands.items.slice(0, 2))).toEqual([10, 10]);
  });
  it("is led by the term that contributes most along the net force", () => {
    push(NEIGHBOUR, 0, [3, 0, 0]);
    push(ANCHOR, 0, [-2, 0, 0]);
    push(NEIGHBOUR, 1, [1, 0, 0]);
    push(ANCHOR, 1, [0, 2, 0]);
    expect(Array.from(islandsOf().leading.slice(0, 2))).toEqual([NEIGHBOUR, ANCHOR]);
    // The net force on each of the 10 items is 2.2 in the second island, and 1 in the first.
    expect(islandsOf().leader()).toBe(ANCHOR);
  });
  it("is led by other terms in the preset paper", () => {
    push(KL, 0, [0, 1, 0]);
    push(CLASS, 0, [0, 3, 0]);
    push(NEIGHBOUR, 0, [9, 9, 9]);
    const islands = islandsOf("paper");
    expect(islands.count).toBe(1);
    expect(islands.leading[0]).toBe(CLASS);
    expect(Array.from(islands.nets.slice(0, 3))).toEqual([0, 4, 0]);
  });
  it("has an edge in the direction of its net force, half a cell beyond its items", () => {
    push(ANCHOR, 0, [0, 5, 0]);
    const { edges, middles } = islandsOf();
    expect(edges[0]).toBeCloseTo(middles[0]!);
    expect(edges[1]! - middles[1]!).toBeCloseTo(0.5 / 20);
  });
  it("joins adjacent cells, unless they have more than half of the items", () => {
    push(NEIGHBOUR, 0, [1, 0, 0]);
    push(NEIGHBOUR, 1, [0, 1, 0]);
    const width = GRID_STEPS / 20;
    // Five items of the first island are in the next cell, and the island has half of all items.
    for (let item = 0; item < 5; item++) latent.to[4 * item] = Math.floor(5.1 * width);
    const joined = islandsOf();
    expect(Array.from(joined.items.slice(0, joined.count))).toEqual([10, 10]);
    // With the second island beside it, all items are in one group, whose cells are islands.
    for (let item = PER_ISLAND; item < latent.n; item++)
      for (let axis = 0; axis < 3; axis++)
        latent.to[4 * item + axis] = latent.to[4 * 9 + axis]! + (axis === 1 ? width : 0);
    const apart = islandsOf();
    expect(Array.from(apart.items.slice(0, apart.count))).toEqual([10]);
  });
  it("does not exist where forces cancel, where there are few items, or in another scene", () => {
    push(NEIGHBOUR, 0, [1, 0, 0]);
    push(ANCHOR, 0, [-1, 0, 0]);
    expect(islandsOf().count).toBe(0);
    expect(islandsOf().leader()).toBe(-1);
    push(NEIGHBOUR, 1, [1, 0, 0]);
    for (let item = PER_ISLAND; item < latent.n - 7; item++)
      latent.to[4 * item] = (item - PER_ISLAND) * 7000;
    expect(islandsOf().count).toBe(0);
    const islands = new IslandForces();
    islands.update(latent, { ...frame(), header: { n: 7, axes: 3 } } as ForcesFrame, "default", 0);
    expect(islands.count).toBe(0);
  });
  it("shows the mean of the last seconds, so that jitter cancels", () => {
    const islands = new IslandForces();
    for (let k = 0; k < 400; k++) {
      vectors.fill(0);
      push(NEIGHBOUR, 0, [0.5, k % 2 ? 10 : -10, 0]);
      islands.update(latent, frame(), "default", 50 * k);
    }
    expect(islands.nets[0]).toBeCloseTo(0.5);
    expect(Math.abs(islands.nets[1]!)).toBeLessThan(0.2);
    islands.clear();
    vectors.fill(0);
    push(ANCHOR, 0, [0, 0, 4]);
    islands.update(latent, frame(), "default", 20_000);
    expect(Array.from(islands.nets.slice(0, 3))).toEqual([0, 0, 4]);
  });
});
