/** Items that are faded. */
import { beforeEach, expect, it, vi } from "vitest";
import { AppState } from "../../src/state/app-state.js";
import { focusOnClass, shownItems } from "../../src/state/focus.js";

let state: AppState;
beforeEach(() => {
  vi.stubGlobal("navigator", { platform: "" });
  state = new AppState();
  state.annotations.reset(
    Int16Array.of(0, -1, 1, 0, -1),
    Int16Array.of(1, 0, 0, 0, 1),
    new Uint8Array(5),
  );
});
const shown = () => (shownItems(state) ? Array.from(shownItems(state)!) : null);

it("a class in focus shows its labels, and its predictions if colours show them", () => {
  expect(shown()).toBeNull();
  focusOnClass(state, 0);
  expect(shown()).toEqual([0, 3]);
  state.colourBy.value = "prediction";
  expect(shown()).toEqual([0, 1, 3]);
  focusOnClass(state, 1);
  expect(shown()).toEqual([2, 4]);
  focusOnClass(state, 1);
  expect(shown()).toBeNull();
});

it("follows new labels, and is combined with the search", () => {
  focusOnClass(state, 0);
  state.search.value = { text: "x", items: Uint32Array.of(1, 3, 4) };
  expect(shown()).toEqual([3]);
  state.annotations.labels[4] = 0;
  state.labelsVersion.value += 1;
  expect(shown()).toEqual([3, 4]);
  state.focus.value = null;
  expect(shown()).toEqual([1, 3, 4]);
});
