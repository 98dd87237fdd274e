/** The comparison of a page with its first state, which the browser tests use. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { signal } from "@preact/signals";
import { afterEach, expect, it, vi } from "vitest";
import { AppState } from "../../src/state/app-state.js";

const SCRIPT = new URL("../../../tests/drivers/restored_page.js", import.meta.url);

interface Restores {
  testRestore(): Promise<string[]>;
}

function trained(): AppState {
  const state = new AppState();
  state.training.value = { state: "paused" } as typeof state.training.value;
  return state;
}

/** Remember the state of a page without elements. Returns its window. */
function remember(state: object): Restores {
  const place = { azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0], zoom: 1 };
  const stage = { cameraPlace: () => place, placeCamera: () => {} };
  const window = { innerWidth: 800, innerHeight: 600 } as unknown as Restores;
  const localStorage = Object.defineProperty({}, "clear", { value: () => {} });
  const document = { body: { querySelectorAll: () => [] } };
  const frames = { requestAnimationFrame: (draw: () => void) => void setTimeout(draw) };
  const page = { window, localStorage, document, lodespace: { state, stage }, ...frames };
  for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
  runInThisContext(readFileSync(SCRIPT, "utf8"))(true);
  return window;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("finds no difference after a signal has got another value", async () => {
  const state = trained();
  const page = remember(state);
  state.review.at.value = 3;
  expect(await page.testRestore()).toEqual([]);
  expect(state.review.at.value).not.toBe(3);
});

it.each([
  ["a map", new Map([[1, 2]]), (value: Map<number, number>) => value.set(1, 3)],
  ["a set", new Set([1]), (value: Set<number>) => value.add(2)],
  ["a list", [1, 2], (value: number[]) => value.push(3)],
  ["an array of numbers", Int8Array.of(1), (value: Int8Array) => value.fill(2)],
  ["an object", { deep: { number: 1 } }, (value: { deep: object }) => (value.deep = {})],
])("finds %s that was changed in place", async (_, value, change) => {
  const state = Object.assign(trained(), { extra: signal<unknown>(value) });
  const page = remember(state);
  (change as (value: unknown) => void)(value);
  expect(await page.testRestore()).toEqual(["extra"]);
});
