/** Work per frame of the layers over the map. The page and the canvas are stand-ins. */
import { beforeEach, expect, it, vi } from "vitest";
import { MapLayers } from "../../../src/scene/layers/map-layers.js";
import type { Stage } from "../../../src/scene/stage.js";
import { AppState } from "../../../src/state/app-state.js";

const N = 600;
const half = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1];

const context = () => {
  const calls = ["scale", "beginPath", "moveTo", "lineTo", "stroke", "clearRect"];
  return Object.fromEntries(calls.map((name) => [name, vi.fn()]));
};

/** Elements that were created. */
const created: ReturnType<typeof element>[] = [];
function element() {
  const made = {
    append: () => {},
    setAttribute: () => {},
    shown: false,
    classList: {
      toggle(name: string, on: boolean) {
        if (name === "shown") made.shown = on;
      },
    },
    style: { setProperty: () => {} },
    textContent: "",
    offsetWidth: 10,
    offsetHeight: 5,
    canvas: context(),
    getContext() {
      return this.canvas;
    },
  };
  return made;
}

let now = 0;
let pointPixels = 4;
let state: AppState;
let layers: MapLayers;
const clipFromLatent = vi.fn(() => half);
const words = () => created.map(({ textContent }) => textContent).filter(Boolean);

beforeEach(() => {
  vi.stubGlobal("document", {
    createElement: () => {
      created.push(element());
      return created.at(-1);
    },
  });
  vi.stubGlobal("window", { devicePixelRatio: 1 });
  vi.stubGlobal("getComputedStyle", () => ({ color: "#ffffff" }));
  vi.spyOn(performance, "now").mockImplementation(() => now);
  created.length = 0;
  pointPixels = 4;
  state = new AppState();
  const to = new Uint16Array(4 * N);
  state.latent.n = N;
  state.latent.latentDim = 2;
  // One round cluster.
  const at = (turn: (angle: number) => number, item: number) =>
    32_767 + (9000 * item * turn(2.4 * item)) / N;
  for (const item of Array(N).keys())
    to.set([at(Math.cos, item), at(Math.sin, item), 32_767, 0], 4 * item);
  state.latent.to = to;
  state.classes.value = [{ class_id: 0, name: "cat", colour: "#ff0000" }];
  state.annotations.reset(
    new Int16Array(N).fill(-1),
    new Int16Array(N).fill(-1),
    new Uint8Array(N),
  );
  const stage = {
    element: { append: () => {}, clientWidth: 800, clientHeight: 600 },
    clipFromLatent,
    pointPixels: () => pointPixels,
    insets: { left: 0, right: 0, top: 0, bottom: 0 },
  };
  layers = new MapLayers(state, stage as unknown as Stage, { current: null });
});

/** Update the layers in frames without a change. Returns whether they look at the view. */
function idle(): boolean {
  clipFromLatent.mockClear();
  for (let k = 0; k < 5; k++) layers.update(false);
  return clipFromLatent.mock.calls.length > 0;
}

it("do nothing in frames without a change", () => {
  layers.update(true);
  expect(words()).toEqual(["600"]);
  expect(idle()).toBe(false);
  layers.update(true);
  expect(clipFromLatent).toHaveBeenCalled();
});

it("show new labels at the next search, also if nothing else changes", () => {
  layers.update(true);
  state.annotations.labels.fill(0);
  state.labelsVersion.value += 1;
  expect(idle()).toBe(true); // waits for the next search
  expect(words()).toEqual(["600"]);
  now += 1000;
  layers.update(false);
  expect(words()).toEqual(["cat · 600"]);
  expect(idle()).toBe(false);
});

it("name no island by a prediction while a class has no label", () => {
  const cat = state.classes.value[0]!;
  state.classes.value = [cat, { ...cat, class_id: 1, name: "dog" }];
  state.annotations.predictions.fill(0);
  state.annotations.labels[0] = 0;
  state.labelsVersion.value += 1;
  layers.update(true);
  expect(words()).toEqual(["600"]);
  state.annotations.labels[1] = 1;
  state.labelsVersion.value += 1;
  now += 1000;
  layers.update(false);
  expect(words()).toEqual(["cat · 600"]);
});

it("draw lines that are switched on while nothing else changes", () => {
  layers.update(true);
  now += 1000;
  state.layers.contours.value = true;
  layers.update(false);
  const [canvas] = created
    .map(({ canvas }) => canvas)
    .filter(({ stroke }) => stroke!.mock.calls[0]);
  expect(canvas!.stroke).toHaveBeenCalledTimes(3);
  expect(canvas!.lineTo!.mock.calls.length).toBeGreaterThan(30);
  expect(idle()).toBe(false);
});

it("show no chips while the points that a search found are shown", () => {
  pointPixels = 40;
  const shown = () => created.some((one) => one.shown);
  layers.update(true);
  expect(shown()).toBe(true);
  state.search.value = { text: "dog", items: Uint32Array.of(3) };
  layers.update(true);
  expect(shown()).toBe(false);
  state.search.value = null;
  now += 10_000;
  layers.update(true);
  expect(shown()).toBe(true);
});
