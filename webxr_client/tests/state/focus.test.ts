/** Items that are faded. */
import { effect } from "@preact/signals";
import { beforeEach, expect, it, vi } from "vitest";
import { AppState } from "../../src/state/app-state.js";
import { endFocusWithClass, focusOnClass, shownItems } from "../../src/state/focus.js";
import type { OpenSheet } from "../../src/state/review-state.js";

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

it("shows all items that are labelled blind, so that nothing shows their classes", () => {
  focusOnClass(state, 0);
  const items = [4, 1].map((item) => ({ item }));
  state.review.sheet.value = { kind: "double", items } as unknown as OpenSheet;
  expect(shown()).toEqual([0, 1, 3, 4]);
  state.focus.value = null;
  expect(shown()).toBeNull();
});

it("shows the items of a class in tiles that are loaded later", () => {
  const counts = { items: 9, loaded: 3, selected: 0, loading: true };
  state.tiled.value = counts;
  const calls: (number[] | null)[] = [];
  focusOnClass(state, 0);
  const stop = effect(() => void calls.push(shown()));
  state.annotations.labels[2] = 0; // another item in this place
  state.tiled.value = { ...counts, loaded: 5 };
  stop();
  expect(calls).toEqual([
    [0, 3],
    [0, 2, 3],
  ]);
});

it("ends when the class is deleted or merged", () => {
  const classes = [0, 1].map((class_id) => ({ class_id, name: "", colour: "#ffffff" }));
  state.classes.value = classes;
  endFocusWithClass(state);
  focusOnClass(state, 1);
  state.classes.value = classes.map((info) => ({ ...info, name: "renamed" }));
  expect(state.focus.value).toEqual({ kind: "class", classId: 1 });
  state.classes.value = classes.map((info) => ({ ...info, removed: info.class_id === 1 }));
  expect(state.focus.value).toBeNull();
});
