/** VR frame by frame, without WebGL. */
import { Matrix4, Vector3 } from "three";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { scaleOf } from "../../../src/interaction/xr/grab/transform.js";
import { XrView } from "../../../src/interaction/xr/xr-view.js";
import type { SceneFile } from "../../../src/protocol/scene-file.js";
import type { Board } from "../../../src/scene/xr/boards/board.js";
import { InputModel, type InputModels } from "../../../src/scene/xr/input-models.js";
import { allocations } from "./allocations.js";
import { blobs } from "./fixtures.js";
import { appear, fakeParts, stubCanvas } from "./view-fixtures.js";

const POSE = { emulatedPosition: false };
const FRAME = {
  session: { visibilityState: "visible" },
  getViewerPose: () => POSE,
  getPose: () => POSE,
} as unknown as XRFrame;
const { points } = blobs(
  [
    [-0.2, 0, 0],
    [0.2, 0.1, 0],
  ],
  300,
  0.02,
  4,
);

let page: ReturnType<typeof fakeParts>;
let view: XrView;

function create(): void {
  page = fakeParts(points);
  const models = { create: () => new InputModel() } as unknown as InputModels;
  view = new XrView(page.parts, {
    mode: "immersive-vr",
    onFloor: true,
    bench: null,
    adapts: true,
    models,
  });
}

function enter(bare = false): void {
  create();
  const [right, left] = page.spaces as [(typeof page.spaces)[0], (typeof page.spaces)[0]];
  view.draw(700, FRAME);
  view.draw(1000, FRAME); // the cloud is placed after 300 ms
  const { x, y, z } = new Vector3(-0.2, 0, 0).applyMatrix4(page.world.matrix);
  appear(right, "right", [x, y, bare ? z : z + 0.12], bare);
  appear(left, "left", [-0.6, 1.2, -0.2], bare);
  view.draw(1200, FRAME);
}

beforeEach(() => {
  stubCanvas();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([false, true])("a frame in VR (bare hands: %s)", (bare) => {
  it("allocates next to nothing for hands, brush, card and boards", () => {
    enter(bare);
    expect(view.controls.brush.hit.count).toBeGreaterThan(100);
    expect(view.card.mesh.visible).toBe(true);
    expect(allocations(() => view.draw(1300, FRAME), 128)).toEqual([]);
  });
  it("reads a hand without allocating", () => {
    enter(bare);
    const { right } = view.inputs;
    expect(right.tracked).toBe(true);
    expect(allocations(() => right.update(1300), 64)).toEqual([]);
  });
});

it("speaks of pinches until a controller connects", () => {
  create();
  expect(page.state.xr.bare.value).toBe(true);
  enter();
  expect(page.state.xr.bare.value).toBe(false);
});

it("keeps the palette large for a person who aims with the eyes", () => {
  enter();
  const sleeps = () => {
    for (let k = 0; k < 300; k++) view.draw(2000 + 20 * k, FRAME);
    return view.paletteDisplay.attention.level === 0;
  };
  view.inputs.left.disconnect();
  view.inputs.right.disconnect();
  expect(sleeps()).toBe(false);
});

describe("the boards of VR", () => {
  const version = (board: Board) => board.mesh.material.map?.version ?? 0;
  /** Number of drawings of the palette, its head and the card during `act`. */
  function drawn(act: () => void): number[] {
    const boards = [view.palette, view.palette.head, view.card];
    const before = boards.map(version);
    act();
    return boards.map((board, k) => version(board) - before[k]!);
  }
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  let now = 0;
  const nextFrame = () => {
    now += 14;
    view.draw(now, FRAME);
  };
  /** Draw all stale boards. */
  const settle = () => {
    for (let k = 0; k < 80; k++) nextFrame();
  };
  beforeEach(() => {
    enter();
    now = 1300;
    settle();
  });
  const allAreStale = () => {
    page.state.selection.value = {
      items: Uint32Array.of(1),
      regions: [],
      tool: "brush",
      revision: 7,
    };
    page.state.annotations.predictions.fill(1);
    page.state.predictionsVersion.value += 1;
    page.state.history.value = { ...page.state.history.value, can_undo: true };
  };

  it("show the class tiles and the reason for a suggested region", () => {
    view.palette.turnTo("review");
    const reason = "40 unlabelled items close together";
    page.state.selection.value = {
      items: Uint32Array.of(1),
      regions: [],
      tool: "brush",
      revision: 7,
      reason,
    };
    expect(view.palette.side).toBe("classes");
    view.palette.turnTo("review");
    page.state.selection.value = { ...page.state.selection.value, reason: undefined };
    expect(view.palette.side).toBe("review");
  });

  it("are drawn in turn, one per frame", () => {
    allAreStale();
    const frames = Array.from({ length: 20 }, () => drawn(nextFrame));
    expect(Math.max(...frames.map(sum))).toBe(1);
    expect(frames.reduce((a, b) => a.map((count, k) => count + b[k]!))).toEqual([1, 1, 1]);
  });

  it("are sent to the GPU when they are drawn, before the frame is rendered", () => {
    const { renderer } = page.parts.stage;
    let uploadedBefore = -1;
    renderer.render = () => {
      uploadedBefore = page.uploaded.length;
    };
    page.uploaded.length = 0;
    allAreStale();
    for (let k = 0; k < 20; k++) {
      expect(sum(drawn(nextFrame))).toBeLessThan(2);
      expect(uploadedBefore).toBe(page.uploaded.length);
    }
    const boards = [view.palette, view.palette.head, view.card].map(({ texture }) => texture);
    expect(new Set(page.uploaded)).toEqual(new Set(boards));
  });

  it("are drawn at most two frames later while keyframes arrive", () => {
    allAreStale();
    const frames = Array.from({ length: 9 }, () =>
      drawn(() => {
        // These positions change in every frame.
        page.state.latent.goTo(page.state.latent.to.slice(), now, 1);
        nextFrame();
      }),
    );
    expect(frames.map(sum)).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1]);
    expect(sum(drawn(settle))).toBe(0);
  });
});

describe("a new scene during VR", () => {
  const BOX = { origin: [-0.5, -1, -0.7] as [number, number, number], size: 2.5 };
  const arrives = (latent_dim = 3, n = points.length) => {
    const { latent, sceneVersion } = page.state;
    const positions = new Uint16Array(4 * n);
    for (let item = 0; item < Math.min(n, latent.n); item++)
      for (let axis = 0; axis < 3; axis++)
        positions[4 * item + axis] = Math.round(
          ((latent.latentMean(item, axis) - BOX.origin[axis]!) / BOX.size) * 65535,
        );
    latent.setScene({ n, positions, box: BOX, latent_dim, scene_id: 3, revision: 9 } as SceneFile);
    sceneVersion.value += 1;
    page.cloud.setScene(); // the view has reacted to the new scene already
  };
  const middle = () =>
    page.parts.stage.bounds().getCenter(new Vector3()).applyMatrix4(page.world.matrix);
  const across = () =>
    page.parts.stage.bounds().getSize(new Vector3()).x * scaleOf(page.world.matrix);
  const pixels = () => page.cloud.points.material.uniforms.uPointSize?.value as number;
  const box = () => page.world.children.find((child) => child.name === "box");

  it("in another box keeps the places of the cloud and of the hairlines round it", () => {
    enter();
    const before = [middle(), across(), pixels()] as const;
    const lines = box()?.scale.x as number;
    const scale = scaleOf(page.world.matrix);
    arrives();
    view.draw(1400, FRAME);
    expect(middle().distanceTo(before[0])).toBeLessThan(1e-4);
    expect(across()).toBeCloseTo(before[1], 4);
    expect(pixels()).toBeCloseTo(before[2], 9);
    expect((box()?.scale.x as number) * scaleOf(page.world.matrix)).toBeCloseTo(lines * scale, 4);
  });
  it("shows the cluster in the hand in the new arrays, too", () => {
    enter();
    const items = Uint32Array.from({ length: 300 }, (_, item) => item);
    page.state.selection.value = { items, regions: [], tool: "brush", revision: 7 };
    view.controls.squeeze(view.inputs.right);
    expect(view.controls.holding).toBe(true);
    arrives();
    view.draw(1400, FRAME);
    const marks = page.cloud.points.geometry.getAttribute("marks").array;
    expect(items.every((item) => marks[4 * item + 3] === 255)).toBe(true);
    expect(marks[4 * 300 + 3]).toBe(0);
  });
  it("is placed before the person again in another number of dimensions", () => {
    for (const [dimension, n] of [
      [2, points.length],
      [3, 500],
    ] as const) {
      enter();
      page.world.matrix.multiply(new Matrix4().setPosition(3, 0, 0));
      arrives(dimension, n);
      view.draw(1400, FRAME);
      expect(Math.abs(middle().x)).toBeLessThan(1e-6);
    }
  });
});
