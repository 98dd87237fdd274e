/** A walk between two items: picking the items, the decoded points, the place of the strip. */
import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { toggleWalk } from "../../../src/interaction/walk-between.js";
import { HeadPose } from "../../../src/interaction/xr/placement/head-pose.js";
import { placeStrip } from "../../../src/interaction/xr/placement/strip-placement.js";
import { WalkDisplay } from "../../../src/interaction/xr/walk.js";
import { AppState, NOTHING } from "../../../src/state/app-state.js";
import type { Commands, Point } from "../../../src/state/commands.js";
import { type Decoded, WALK_PICTURES } from "../../../src/state/force-state.js";
import { allocations } from "./allocations.js";
import { latentOf } from "./fixtures.js";
import { stubCanvas } from "./view-fixtures.js";

const PICTURE: Decoded = { width: 1, height: 1, channels: 1, bytes: Uint8Array.of(7) };
const RIGHT = "right";

let state: AppState;
let asked: Point[][];
let answers: Decoded[];
let nearest: number;
let mode: string | null;
let walk: WalkDisplay;

beforeEach(() => {
  stubCanvas();
  const points = [
    [-0.3, 0, 0],
    [0.3, 0.1, 0],
    [0, 0.2, 0.2],
  ];
  state = Object.assign(new AppState(), { latent: latentOf(points) });
  asked = [];
  answers = Array.from({ length: WALK_PICTURES }, () => PICTURE);
  nearest = -1;
  mode = null;
  const commands = {
    decode: async (points: Point[]) => {
      asked.push(points);
      return answers;
    },
  } as unknown as Commands;
  const controls = {
    dominant: RIGHT,
    brushShown: true,
    get pointing() {
      return { mode };
    },
    brush: {
      query: () => {},
      get hit() {
        return { nearest };
      },
    },
  };
  walk = new WalkDisplay(state, commands, controls);
  toggle = () => toggleWalk(state, commands);
});
let toggle: () => void;

const pick = (item: number) => {
  nearest = item;
  return walk.press(RIGHT);
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a walk", () => {
  it("leaves presses to the brush until the tile was pressed", () => {
    expect(pick(1)).toBe(false);
    toggle();
    expect(state.xr.message.value).toMatch(/Hold the brush at an item/);
    mode = "ray"; // the hand points at a board
    expect(pick(1)).toBe(false);
    mode = null;
    expect(walk.press("left")).toBe(false);
    expect(pick(1)).toBe(true);
  });
  it("decodes points at even steps between the two picked items", async () => {
    toggle();
    expect(pick(-1)).toBe(true);
    expect(state.forces.walk.value?.from).toBe(-1);
    pick(0);
    expect(state.forces.walk.value?.from).toBe(0);
    pick(0); // the same item is not a path
    expect(asked).toEqual([]);
    pick(1);
    await settled();
    const [points] = asked as [Point[]];
    expect(points).toHaveLength(WALK_PICTURES);
    for (const axis of [0, 1, 2]) {
      const ends = [0, 1].map((item) => state.latent.latentMean(item, axis)) as [number, number];
      points.forEach((point, k) => {
        const share = k / (WALK_PICTURES - 1);
        expect(point[axis]).toBeCloseTo(ends[0] + share * (ends[1] - ends[0]), 5);
      });
    }
    expect(state.forces.walk.value).toMatchObject({ from: 0, to: 1, pictures: answers });
    expect(pick(2)).toBe(false); // both items are picked, so the brush paints again
    toggle();
    expect(state.forces.walk.value).toBeNull();
  });
  it("is between the selected items if exactly two are selected", async () => {
    state.selection.value = { ...NOTHING, items: Uint32Array.of(1, 2), tool: "brush" };
    toggle();
    await settled();
    expect(state.forces.walk.value).toMatchObject({ from: 1, to: 2, pictures: answers });
  });
  it("ends with a message if the model decodes nothing, and ignores a late answer", async () => {
    answers = [];
    state.selection.value = { ...NOTHING, items: Uint32Array.of(1, 2), tool: "brush" };
    toggle();
    await settled();
    expect(state.forces.walk.value).toBeNull();
    expect(state.xr.message.value).toMatch(/cannot decode/);
    answers = [PICTURE];
    toggle();
    toggle(); // the walk is ended before the answer
    await settled();
    expect(state.forces.walk.value).toBeNull();
  });
});

describe("the strip", () => {
  const head = new HeadPose();
  head.position.set(0, 1.6, 0.6);
  const at = (x: number, y: number, z: number) => new Vector3(x, y, z);
  const across = (matrix: Matrix4) => new Vector3().setFromMatrixColumn(matrix, 0).normalize();

  it.each([
    ["to the right", at(-0.2, 1.3, 0), at(0.2, 1.35, -0.1), false],
    ["to the left", at(0.2, 1.3, 0), at(-0.2, 1.2, 0), true],
    ["away from the eyes", at(0, 1.5, 0.3), at(0, 1.4, 0.0), undefined],
  ] as const)("is along a line %s, upright and turned to the eyes", (_, a, b, reversed) => {
    const matrix = new Matrix4();
    const isReversed = placeStrip(matrix, head, a, b, 0.05);
    if (reversed !== undefined) expect(isReversed).toBe(reversed);
    const middle = new Vector3().setFromMatrixPosition(matrix);
    const facing = new Vector3().setFromMatrixColumn(matrix, 2).normalize();
    expect(facing.dot(head.position.clone().sub(middle).normalize())).toBeGreaterThan(0.98);
    expect(new Vector3().setFromMatrixColumn(matrix, 1).y).toBeGreaterThan(0);
    expect(matrix.determinant()).toBeGreaterThan(0);
    if (reversed === undefined) return;
    const line = b.clone().sub(a).normalize();
    expect(across(matrix).dot(line) * (reversed ? -1 : 1)).toBeGreaterThan(0.9);
  });
  it("is not nearer than 0.4 m, and grows with the distance beyond 0.45 m", () => {
    const matrix = new Matrix4();
    for (const [z, scale] of [
      [0.5, 1],
      [-0.3, 2],
    ] as const) {
      placeStrip(matrix, head, at(-0.1, 1.6, z), at(0.1, 1.6, z), 0.05);
      expect(new Vector3().setFromMatrixPosition(matrix).distanceTo(head.position)).toBeGreaterThan(
        0.4 - 1e-6,
      );
      expect(new Vector3().setFromMatrixColumn(matrix, 0).length()).toBeCloseTo(scale, 5);
    }
  });
  it("follows its items without allocating", () => {
    const world = new Matrix4().makeTranslation(0, 1.3, 0);
    walk.update(head, world);
    expect(walk.strip.mesh.visible).toBe(false);
    state.forces.walk.value = { from: 0, to: 1, pictures: answers };
    expect(allocations(() => walk.update(head, world), 128)).toEqual([]);
    expect(walk.strip.mesh.visible).toBe(true);
    const before = new Vector3().setFromMatrixPosition(walk.strip.mesh.matrix);
    walk.update(head, new Matrix4().makeTranslation(0.2, 1.3, 0));
    const after = new Vector3().setFromMatrixPosition(walk.strip.mesh.matrix);
    expect(after.x - before.x).toBeGreaterThan(0.15);
  });
});
