/** Items of hulls while the reach of their rule changes, and the handle of the reach. */
import { Group, PerspectiveCamera } from "three";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RuleInfo, SessionInfo } from "../../../src/protocol/messages.js";
import type { Insets } from "../../../src/scene/camera-frame.js";
import type { PointCloud } from "../../../src/scene/cloud/point-cloud.js";
import { RuleLayer } from "../../../src/scene/layers/rule-layer.js";
import type { Stage } from "../../../src/scene/stage.js";
import { AppState } from "../../../src/state/app-state.js";
import type { Commands, RuleCommands } from "../../../src/state/commands.js";
import type { Matched } from "../../../src/state/rule-state.js";

class FakeElement extends EventTarget {
  className = "";
  hidden = false;
  readonly places: string[] = [];
  readonly style = { setProperty: (_: string, place: string) => void this.places.push(place) };
  readonly clientWidth = 800;
  readonly clientHeight = 600;
  append = () => {};
  setAttribute = () => {};
  setPointerCapture = () => {};
  getBoundingClientRect = () => ({ left: 0, top: 0 });
}

const info = (changes: Partial<RuleInfo>) =>
  ({ rule: 4, kind: "region", name: "oaks", class_id: 0, on: true, ...changes }) as RuleInfo;
const first = info({ reach: 1, changed_at: 4 });
const wider = info({ reach: 2, changed_at: 6 });
const items = (n: number) => Uint32Array.from({ length: n }, (_, k) => k);
const matched: Matched = {
  items: items(30),
  chosen: 0,
  kept: 0,
  locked: 0,
  verified: 0,
  space: "",
  problem: "",
};

let handle: FakeElement;
let stage: { insets: Insets; camera: PerspectiveCamera };
let mover: FakeElement;
/** The element of the notices, its lower edge, how often it was read, and its observer. */
let notices: ReturnType<typeof madeNotices>;
let bottom: number;
let layouts: number;
let resized: () => void;
let state: AppState;
let layer: RuleLayer;
let commands: { [name in keyof RuleCommands]?: ReturnType<typeof vi.fn> };
let ringed: number[];
let arrive: (items: Uint32Array) => void;

const madeNotices = () => ({
  isConnected: true,
  offsetTop: 70,
  get offsetHeight() {
    layouts += 1;
    return Math.max(0, bottom - 70);
  },
});
const settled = () => new Promise((resolve) => setTimeout(resolve));
/** Number of items of the hull that is shown. */
const shown = () =>
  (layer.hulls as unknown as { shown: { hull: { items: Uint32Array } }[] }).shown.map(
    ({ hull }) => hull.items.length,
  );

beforeEach(async () => {
  const made: FakeElement[] = [];
  const createElement = () => made[made.push(new FakeElement()) - 1];
  layouts = bottom = 0;
  notices = madeNotices();
  vi.stubGlobal("document", { createElement, querySelector: () => notices });
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(changed: () => void) {
        resized = changed;
      }
      observe = () => resized();
      disconnect = () => {};
    },
  );
  state = new AppState();
  const { latent } = state;
  latent.n = 40;
  latent.to = Uint16Array.from({ length: 160 }, (_, k) => (k % 4 < 3 ? 30000 + 977 * (k % 11) : 0));
  latent.version = 1;
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  commands = {
    conflicts: vi.fn(() => Promise.resolve(Uint32Array.of(3, 5))),
    itemsOf: vi.fn(() => new Promise((resolve) => (arrive = resolve))),
    previewReach: vi.fn(),
    endPreview: vi.fn(),
    edit: vi.fn(),
  };
  const withRules = (run: (rules: RuleCommands) => void) =>
    run(commands as unknown as RuleCommands);
  const element = Object.assign(new FakeElement(), { parentElement: new FakeElement() });
  const insets = { left: 0, right: 0, top: 0, bottom: 0 };
  const camera = new PerspectiveCamera(60, 4 / 3);
  camera.position.z = 2;
  camera.updateMatrixWorld();
  stage = Object.assign({ insets, camera }, { world: new Group(), invalidate() {}, element });
  layer = new RuleLayer(
    state,
    { withRules } as unknown as Commands,
    stage as unknown as Stage,
    { setRinged: (items: Uint32Array) => (ringed = [...items]) } as unknown as PointCloud,
  );
  const named = (name: string) => made.find(({ className }) => className === name)!;
  [handle, mover] = [named("reach-handle"), named("move-handle")];
  state.rules.setList([first]);
  state.rules.chosen.value = 4;
  arrive(items(20));
  await settled();
});
afterEach(() => vi.unstubAllGlobals());

it("shows the items of a preview, and the old items after the preview ended", () => {
  expect(shown()).toEqual([20]);
  state.rules.reached.value = { ...matched, rule: 4, reach: 2 };
  expect(shown()).toEqual([30]);
  state.rules.reached.value = null;
  expect(shown()).toEqual([20]);
});

it("keeps the items of the preview until those of the changed rule arrive", async () => {
  state.rules.reached.value = { ...matched, rule: 4, reach: 1.9 };
  state.rules.setList([wider]);
  expect(state.rules.reached.value).toBeNull();
  expect(shown()).toEqual([30]);
  arrive(items(33));
  await settled();
  expect(shown()).toEqual([33]);
  state.rules.setList([first]); // undo
  arrive(items(20));
  await settled();
  expect(shown()).toEqual([20]);
});

it("changes the reach once while an arrow key is held", () => {
  const key = (type: string) =>
    handle.dispatchEvent(Object.assign(new Event(type), { key: "ArrowRight" }));
  for (let k = 0; k < 3; k++) key("keydown");
  point("pointermove", 500); // the pointer passes over the handle
  expect(commands.previewReach).toHaveBeenCalledTimes(1);
  expect(commands.edit).not.toHaveBeenCalled();
  key("keyup");
  key("keyup");
  expect(commands.edit).toHaveBeenCalledTimes(1);
  expect(commands.edit?.mock.calls[0]?.[1].reach).toBeCloseTo(1.331);
});

it("rings the items that are in conflict on the server, while a rule is on", async () => {
  vi.useFakeTimers();
  state.labelsVersion.value += 1;
  await vi.advanceTimersByTimeAsync(1000);
  expect(ringed).toEqual([3, 5]);
  expect(commands.conflicts).toHaveBeenCalledTimes(1);
  state.rules.setList([{ ...first, on: false }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(ringed).toEqual([]);
  expect(commands.conflicts).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

function point(type: string, clientX: number): void {
  const fields = { clientX, clientY: 0, button: 0, pointerId: 1 };
  handle.dispatchEvent(Object.assign(new Event(type), fields));
}

it("ends the preview when a drag of the handle is cancelled or changes nothing", () => {
  point("pointerdown", 100);
  point("pointermove", 200);
  expect(commands.previewReach).toHaveBeenCalledWith(4, 2);
  point("pointercancel", 200);
  expect(commands.endPreview).toHaveBeenCalledTimes(1);
  point("pointerup", 200);
  point("pointerdown", 100);
  point("pointerup", 100);
  expect(commands.endPreview).toHaveBeenCalledTimes(2);
  expect(commands.edit).not.toHaveBeenCalled();
  point("pointerdown", 100);
  point("pointermove", 150);
  point("pointerup", 150);
  expect(commands.edit).toHaveBeenCalledWith(4, { reach: 1.5 });
});

it("places the handles in frames in which something has changed", () => {
  for (const changed of [true, false]) layer.update(changed);
  expect(handle.hidden).toBe(false);
  const [places, read] = [handle.places.length, layouts];
  for (let k = 0; k < 10; k++) layer.update(false);
  expect([handle.places.length, layouts]).toEqual([places, read]);
  stage.camera.position.x = 0.2;
  stage.camera.updateMatrixWorld();
  layer.update(true);
  expect(handle.places.at(-1)).not.toBe(handle.places.at(-2));
  expect(layouts).toBe(read);
});

it.each([
  ["no rule is chosen", () => (state.rules.chosen.value = 0)],
  ["the rule is switched off", () => state.rules.setList([info({ on: false })])],
  ["VR begins", () => (state.xr.presenting.value = "immersive-vr")],
  ["an earlier moment is shown", () => (state.time.live.value = false)],
])("hides the handles in the next frame when %s", (_, change) => {
  layer.update(true);
  layer.update(false);
  change();
  layer.update(false);
  expect(handle.hidden).toBe(true);
});

it("moves the handles out of notices when their size changes", () => {
  const y = () => Number(/, (.*)px/.exec(mover.places.at(-1)!)![1]);
  layer.update(true);
  const before = y();
  expect(before).toBeGreaterThan(100);
  bottom = before + 20;
  layer.update(false);
  expect(y()).toBe(before);
  resized();
  layer.update(false);
  expect(y()).toBeCloseTo(bottom + 16);
  bottom = 0;
  resized();
  layer.update(false);
  expect(y()).toBe(before);
});

it("finds the notices again that replace others, as after VR", () => {
  layer.update(true);
  const y = mover.places.at(-1);
  notices.isConnected = false;
  notices = madeNotices();
  bottom = 250;
  state.xr.presenting.value = "immersive-vr";
  layer.update(true);
  state.xr.presenting.value = null;
  layer.update(false);
  expect(mover.places.at(-1)).not.toBe(y);
});
