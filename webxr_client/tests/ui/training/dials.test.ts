import { describe, expect, it } from "vitest";
import { gestureText } from "../../../src/state/undo-choice.js";
import { valueAt } from "../../../src/ui/training/charts.js";
import { fromStep, toStep } from "../../../src/ui/training/dials.js";

const KL = { log: [0.1, 1000] as [number, number] };

describe("a dial", () => {
  it("has 0 at its beginning, its largest value at its end, and equal factors between", () => {
    expect([fromStep(KL, 0), fromStep(KL, 1), fromStep(KL, 200)]).toEqual([0, 0.1, 1000]);
    const ratio = fromStep(KL, 100) / fromStep(KL, 50);
    expect(fromStep(KL, 150) / fromStep(KL, 100)).toBeCloseTo(ratio, 0);
  });
  it("shows its value, or the nearest end of its scale", () => {
    for (const step of [0, 1, 40, 77, 200])
      expect(toStep(KL, fromStep(KL, step))).toBeCloseTo(step, -0.5);
    expect([toStep(KL, 0.001), toStep(KL, 1e6), toStep(KL, 0)]).toEqual([1, 200, 0]);
    expect([toStep({}, 0.3), fromStep({}, 60)]).toEqual([60, 0.3]);
  });
});

describe("a curve's value", () => {
  const at = [0, 50, 100];
  it("is the newest value measured at or before the place", () => {
    expect([0, 49, 50, 100].map((place) => valueAt([1, 2, null], at, place))).toEqual([1, 1, 2, 2]);
    expect(valueAt([null, 2, 3], at, 10)).toBeNull();
  });
});

describe("a gesture in words", () => {
  const gesture = {
    gesture: 1,
    class_id: 0,
    count: 3,
    by: "",
    at: 0,
    revision: 0,
    undone: false,
    note: "",
  };
  const classes = [{ class_id: 0, name: "cat", colour: "#000000" }];
  it.each([
    [{ kind: "label" }, "3 items as cat"],
    [{ kind: "label", class_id: -1 }, "labels of 3 items removed"],
    [{ kind: "settings", note: "beta_kl 20" }, "beta_kl 20"],
    [{ kind: "anchor" }, "3 items dragged and pinned"],
    [{ kind: "anchor", note: "let go", count: 1 }, "1 item dragged and let go"],
    [{ kind: "unpin", count: 0 }, "all unpinned"],
  ] as const)("%o", (change, words) => {
    expect(gestureText({ ...gesture, ...change }, classes)).toBe(words);
  });
});
