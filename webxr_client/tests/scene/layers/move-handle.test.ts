/** The handle that moves a hull on the page, by pointer, wheel and keys. */
import { Matrix4, PerspectiveCamera, Vector3 } from "three";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RuleInfo, SessionInfo } from "../../../src/protocol/messages.js";
import { MoveHandle } from "../../../src/scene/layers/move-handle.js";
import { RuleHulls } from "../../../src/scene/layers/rule-hulls.js";
import type { Stage } from "../../../src/scene/stage.js";
import { AppState } from "../../../src/state/app-state.js";
import type { Commands, RuleCommands } from "../../../src/state/commands.js";
import { HullMove } from "../../../src/state/hull-move.js";
import type { MovableHulls } from "../../../src/state/rule-state.js";
import { blobs, latentOf } from "../../interaction/xr/fixtures.js";

class FakeElement extends EventTarget {
  place = "";
  readonly style = {
    setProperty: (_: string, value: string) => {
      this.place = value;
    },
  };
  readonly clientWidth = 800;
  readonly clientHeight = 600;
  className = "";
  textContent = "";
  hidden = false;
  append = () => {};
  setAttribute = () => {};
  setPointerCapture = () => {};
}

const EACH = 100;
/** The rule has the first heap. The second heap is farther away. */
const HEAPS = [
  [-0.3, 0, 0.2],
  [0.2, 0.1, -0.3],
] as const;

let handle: FakeElement;
let area: FakeElement;
let hulls: RuleHulls;
let moving: MoveHandle;
let text: FakeElement;
let state: AppState;
let camera: PerspectiveCamera;
let remade: [number, number[]][];
let edited: [number, object][];
/** Row of a class under the pointer. */
let row: { dataset: { class: string } } | null;

const send = (type: string, fields: object) =>
  handle.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), fields));
const point = (type: string, x: number, y: number) =>
  send(type, { clientX: x, clientY: y, button: 0, pointerId: 1 });
const key = (name: string) => send("keydown", { key: name });
/** Outline of the hull at its place, and the place of its handle. */
const AT_REST = {
  middle: { x: 0, y: 0 },
  right: { x: 0, y: 0 },
  top: { x: 200, y: 90 },
  insets: { left: 60, right: 300, top: 80, bottom: 0 },
};
/** Touch the cloud. Returns whether the camera controls do not receive the event. */
function touch(type: string, x: number, y: number, pointerId = 2): boolean {
  const event = new Event(type);
  const stop = vi.spyOn(event, "stopPropagation");
  const fields = { clientX: x, clientY: y, pointerId, pointerType: "touch" };
  area.dispatchEvent(Object.assign(event, fields));
  return stop.mock.calls.length > 0;
}
/** Place of a heap on the page, CSS pixels. */
function onPage(heap: readonly [number, number, number]): [number, number] {
  const at = new Vector3(...heap).project(camera);
  return [((at.x + 1) / 2) * 800, ((1 - at.y) / 2) * 600];
}

/** Show the hull with the items of a heap. */
function showHull(heap: number): void {
  const items = Uint32Array.from({ length: EACH }, (_, k) => heap * EACH + k);
  hulls.show([{ rule: 4, items, colour: [1, 0, 0], chosen: true }], new Set(), false);
  hulls.update(1000 * heap);
  moving.update(AT_REST);
}

beforeEach(() => {
  const made: FakeElement[] = [];
  row = null;
  vi.stubGlobal("document", {
    createElement: () => made[made.push(new FakeElement()) - 1],
    elementFromPoint: () => ({ closest: () => row }),
  });
  state = new AppState();
  Object.assign(state, { latent: latentOf(blobs(HEAPS, EACH, 0.02, 3).points) });
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  const rule = { rule: 4, kind: "region", name: "oaks", class_id: 0, on: true, changed_at: 1 };
  state.rules.setList([rule as RuleInfo]);
  state.rules.chosen.value = 4;
  [remade, edited] = [[], []];
  const loaded = {
    previewMove: async () => {},
    endPreview: () => {},
    edit: async (number: number, changes: object) => edited.push([number, changes]) > 0,
    remake: async (number: number, items: Uint32Array) => remade.push([number, [...items]]) > 0,
  } as unknown as RuleCommands;
  const commands = {
    withRules: (run: (rules: RuleCommands) => void) => run(loaded),
  } as unknown as Commands;
  camera = new PerspectiveCamera(40, 800 / 600, 0.01, 60);
  camera.position.set(0, 0, 2);
  camera.updateMatrixWorld();
  area = new FakeElement();
  const element = Object.assign(new FakeElement(), { parentElement: area });
  const stage = { camera, element, invalidate() {} } as unknown as Stage;
  hulls = new RuleHulls(state.latent);
  const matrix = new Matrix4();
  const movable: MovableHulls = {
    motion: new HullMove(state, commands),
    get moved() {
      return hulls.movedRule;
    },
    middleOf: (number) => hulls.middleOf(number),
    move: (number, motion) => hulls.move(number, motion && matrix.fromArray(motion)),
    insideOf: (number, motion) => hulls.insideOf(number, matrix.fromArray(motion)),
    along: () => 0,
    beside: () => 0,
  };
  state.rules.hulls = movable;
  moving = new MoveHandle(state, movable, stage);
  handle = made.find(({ className }) => className === "move-handle")!;
  text = made.find(({ className }) => className === "move-text")!;
  showHull(0);
});
afterEach(() => vi.unstubAllGlobals());

describe("a drag of the handle", () => {
  it("makes the rule from the items of a heap at another depth", () => {
    const [from, to] = HEAPS.map(onPage) as [[number, number], [number, number]];
    point("pointerdown", 400, 100);
    point("pointermove", 400 + to[0] - from[0], 100 + to[1] - from[1]);
    expect(text.textContent).toMatch(/^\d+ items in the hull$/);
    point("pointerup", 0, 0);
    const [number, items] = remade[0]!;
    expect([number, items.length > 0.85 * EACH, items[0]! >= EACH]).toEqual([4, true, true]);
  });
  it("ignores absent items at the depth of the hull", () => {
    for (let item = EACH + 5; item < 2 * EACH; item++) state.latent.to[4 * item + 3] = 1;
    // Absent items in front of the heap.
    for (let item = 0; item < 2 * EACH; item++)
      if (state.latent.to[4 * item + 3] === 1) state.latent.to[4 * item + 2] = 40_000;
    const [from, to] = HEAPS.map(onPage) as [[number, number], [number, number]];
    point("pointerdown", 400, 100);
    point("pointermove", 400 + to[0] - from[0], 100 + to[1] - from[1]);
    point("pointerup", 0, 0);
    expect(remade[0]![1].length).toBeGreaterThan(2);
    expect(remade[0]![1].every((item) => item >= EACH && item < EACH + 5)).toBe(true);
  });
  it("leaves the handle where it was released until the new hull arrives", () => {
    const [from, to] = HEAPS.map(onPage) as [[number, number], [number, number]];
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    point("pointerdown", 400, 100);
    point("pointermove", 400 + x, 100 + y);
    point("pointerup", 400 + x, 100 + y);
    moving.update({ ...AT_REST, top: { x: 200, y: 40 } }); // a notice has gone
    const placed = `translate(${(200 + x).toFixed(1)}px, ${(90 + y).toFixed(1)}px)`;
    expect(handle.place).toBe(placed);
    point("pointerdown", 400 + x, 100 + y); // the hull waits for its new items
    expect(state.latent.frozen).toBe(false);
    showHull(1);
    expect(handle.place).toBe("translate(200.0px, 90.0px)");
  });
  it.each([
    ["above the handle", 400, "358.0"],
    ["farther above a finger", 400, "332.0", "touch"],
    ["below the handle, where no space is above", 100, "118.0"],
  ])("shows the text %s", (_, y, place, pointerType = "mouse") => {
    send("pointerdown", { clientX: 0, clientY: 0, button: 0, pointerId: 1, pointerType });
    point("pointermove", 0, y - AT_REST.top.y);
    moving.update(AT_REST);
    const across = "clamp(60px, 200.0px - 50%, 500px - 100%)";
    expect(text.place).toBe(`translate(${across}, ${place}px)`);
  });
  it("changes the size by the distance of a second finger", () => {
    const zooms = ["pointerdown", "pointermove", "pointerup"].map((type) => touch(type, 500, 300));
    expect(zooms).toEqual([false, false, false]);
    point("pointerdown", 400, 100);
    expect(touch("pointerdown", 400, 300)).toBe(true);
    expect(touch("pointermove", 400, 200)).toBe(true);
    expect(state.rules.moved.value!.inside.length).toBeLessThan(0.6 * EACH);
    expect(touch("pointerdown", 0, 0, 3)).toBe(true);
    expect(touch("pointerup", 400, 200)).toBe(true);
    point("pointermove", 402, 100);
    point("pointerup", 402, 100);
    expect(remade[0]![1].length).toBeLessThan(0.6 * EACH);
    expect(remade[0]![1].length).toBeGreaterThan(2);
  });
  it("changes nothing when it is a click, or is cancelled", () => {
    point("pointerdown", 400, 100);
    point("pointermove", 401, 101);
    point("pointerup", 401, 101);
    point("pointerdown", 400, 100);
    point("pointermove", 430, 110);
    point("pointercancel", 430, 110);
    point("pointerup", 430, 110);
    expect([remade, state.latent.frozen]).toEqual([[], false]);
  });
  it("gives the rule the class on which it ends, if it is another class", () => {
    for (const id of ["1", "0"]) {
      point("pointerdown", 400, 100);
      point("pointermove", 700, 120);
      row = { dataset: { class: id } };
      point("pointerup", 700, 120);
    }
    expect([edited, remade, state.latent.frozen]).toEqual([[[4, { class_id: 1 }]], [], false]);
  });
  it("has another size after turns of the wheel", () => {
    send("wheel", { deltaY: 100 });
    point("pointerdown", 400, 100);
    for (let k = 0; k < 12; k++) send("wheel", { deltaY: 100 });
    point("pointerup", 400, 100);
    expect(remade[0]![1].length).toBeLessThan(0.6 * EACH);
    expect(remade[0]![1].length).toBeGreaterThan(2);
  });
});

describe("the keys of the handle", () => {
  it("move the hull until Enter", () => {
    key("ArrowRight");
    key("ArrowLeft");
    key("+");
    expect(state.latent.frozen).toBe(true);
    expect(remade).toEqual([]);
    key("Enter");
    expect(remade[0]![1].length).toBeGreaterThan(0.9 * EACH);
  });
  it.each(["Escape", "blur"])("return the hull with %s", (end) => {
    key("ArrowUp");
    if (end === "blur") handle.dispatchEvent(new Event("blur"));
    else key(end);
    key("Enter");
    expect([remade, state.latent.frozen]).toEqual([[], false]);
  });
});
