import { describe, expect, it } from "vitest";
import { AppState } from "../../src/state/app-state.js";
import { classesShown } from "../../src/state/classes-shown.js";

const named = (class_id: number, removed = false) => ({
  class_id,
  name: String(class_id),
  colour: "#ffffff",
  locked: false,
  removed,
});

describe("the classes that the colours show", () => {
  it("have an item with that label, or with that prediction", () => {
    const state = new AppState();
    state.classes.value = [named(0), named(1), named(2, true), named(3)] as never;
    state.annotations.reset(
      Int16Array.from([0, -1, 2, -1]),
      Int16Array.from([1, 1, 2, -1]),
      new Uint8Array(4),
    );
    const ids = () => classesShown(state).map((info) => info.class_id);
    expect(ids()).toEqual([0]);
    state.colourBy.value = "prediction";
    expect(ids()).toEqual([0, 1]);
    state.colourBy.value = "confidence";
    expect(ids()).toEqual([]);
  });
});
