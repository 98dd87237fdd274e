/**
 * Parts of an XrView without a headset, a page or WebGL: a fake WebXRManager of three.js, a canvas
 * and a renderer that do nothing.
 */
import { Group, PerspectiveCamera, Scene, type Texture, Vector4 } from "three";
import { vi } from "vitest";
import type { XrParts } from "../../../src/interaction/xr/xr-view.js";
import { cloudBounds } from "../../../src/scene/cloud/bounds.js";
import { Palette } from "../../../src/scene/cloud/colours.js";
import { PointCloud } from "../../../src/scene/cloud/point-cloud.js";
import { AppState } from "../../../src/state/app-state.js";
import type { Commands } from "../../../src/state/commands.js";
import { latentOf } from "./fixtures.js";

const JOINTS = ["thumb-tip", "index-finger-tip", "wrist"];

/** Make `document` create canvases that accept every call and draw nothing. */
export function stubCanvas(): void {
  const context: object = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === "canvas") return { width: 1, height: 1 };
        if (name === "measureText") return () => ({ width: 1 });
        return () => context;
      },
      set: () => true,
    },
  );
  const createElement = () => ({ getContext: () => context });
  // net/site.ts reads the attributes of the page when it is loaded.
  vi.stubGlobal("document", { createElement, documentElement: { dataset: {} } });
}

/** A fake WebXRManager of three.js. `spaces`: spaces of controllers and hands, moved by tests. */
export function fakeManager() {
  const spaces = [0, 1, 2, 3].map(() => ({
    ray: new Group(),
    grip: new Group(),
    hand: Object.assign(new Group(), { joints: {} as Record<string, Group> }),
  }));
  const cameras = [-0.03, 0.03].map((x) => {
    const camera = Object.assign(new PerspectiveCamera(90, 1), {
      viewport: new Vector4(0, 0, 320, 320),
    });
    camera.position.set(x, 1.6, 0);
    return camera;
  });
  const space = new EventTarget();
  const manager = {
    enabled: false,
    isPresenting: true,
    getController: (k: number) => spaces[k]?.ray,
    getControllerGrip: (k: number) => spaces[k]?.grip,
    getHand: (k: number) => spaces[k]?.hand,
    getCamera: () => ({ cameras }),
    getReferenceSpace: () => space,
    getBaseLayer: () => null,
    getSession: () => null,
    setReferenceSpaceType: () => {},
    setFoveation: () => {},
    setFramebufferScaleFactor: vi.fn(),
    setSession: async () => {},
  };
  return { manager, spaces };
}

/** The parts of a page with a cloud at `points`, scene metres. */
export function fakeParts(points: readonly (readonly number[])[]) {
  const { manager, spaces } = fakeManager();
  const state = Object.assign(new AppState(), { latent: latentOf(points) });
  const labels = () => new Int16Array(points.length).fill(-1);
  state.annotations.reset(labels(), labels(), new Uint8Array(points.length));
  const cloud = new PointCloud(state.latent, state.annotations, new Palette());
  cloud.setScene();
  const world = new Group();
  world.matrixAutoUpdate = false;
  const uploaded: Texture[] = [];
  const stage = {
    drawable: true,
    renderer: {
      xr: manager,
      render: () => {},
      initTexture: (texture: Texture) => uploaded.push(texture),
      info: { render: { calls: 0 } },
      getContext: () => ({ getExtension: () => null, getParameter: () => null }),
    },
    scene: new Scene(),
    world,
    bounds: () => cloudBounds(state.latent),
    beforeFrame: () => false,
    present: () => {},
  };
  const commands = new Proxy({}, { get: () => () => true }) as Commands;
  const parts = { state, commands, stage, cloud, atlas: { current: null } } as unknown as XrParts;
  return { parts, state, cloud, world, spaces, manager, uploaded };
}

type FakeSpaces = ReturnType<typeof fakeParts>["spaces"][number];

/** Connect a controller, or with `bare` a hand, at a place of the room. */
export function appear(
  { ray, grip, hand }: FakeSpaces,
  side: "left" | "right",
  at: readonly [number, number, number],
  bare = false,
): void {
  for (const space of [ray, grip, hand]) {
    space.matrixAutoUpdate = false;
    space.visible = true;
    space.matrix.setPosition(...at);
  }
  for (const name of bare ? JOINTS : []) {
    hand.joints[name] = new Group();
    hand.joints[name]?.position.set(...at);
  }
  const gamepad = {
    axes: [0, 0, 0.1, -0.1],
    buttons: Array.from({ length: 6 }, () => ({ pressed: false })),
  };
  const source = {
    targetRayMode: "tracked-pointer",
    handedness: side,
    ...(bare ? { hand: {} } : { gamepad }),
  };
  (ray as unknown as { dispatchEvent(event: object): void }).dispatchEvent({
    type: "connected",
    data: source,
  });
}
