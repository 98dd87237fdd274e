import { describe, expect, it } from "vitest";
import { AppState, NOTHING } from "../../src/state/app-state.js";
import {
  evenly,
  isSuggested,
  meanConfidence,
  sampleItems,
  summarise,
} from "../../src/state/selection-summary.js";

const range = (n: number) => Uint32Array.from({ length: n }, (_, k) => k);

describe("summarise", () => {
  it("returns the most frequent prediction and the items that differ", () => {
    const view = summarise(Uint32Array.of(0, 1, 2, 4), Int16Array.of(3, 3, 1, 0, 3), 5);
    expect(view.classId).toBe(3);
    expect(view.share).toBe(0.75);
    expect(Array.from(view.odd)).toEqual([2]);
  });
  it("returns no class without predictions", () => {
    expect(summarise(range(3), Int16Array.of(-1, -1, -1), 5).classId).toBe(-1);
  });
});

describe("isSuggested", () => {
  const state = new AppState();
  const suggested = (labels: number[], confidence: number) => {
    state.classes.value = [0, 1].map((class_id) => ({
      class_id,
      name: String(class_id),
      colour: "#000000",
    }));
    state.annotations.labels = Int16Array.from(labels);
    state.annotations.predictions = Int16Array.of(0, 0, 0, 0);
    state.annotations.confidence = new Uint8Array(4).fill(255 * confidence);
    state.labelsVersion.value += 1;
    state.selection.value = { ...NOTHING, items: range(4) };
    return isSuggested(state, summarise(range(4), state.annotations.predictions, 2));
  };
  it("is true for a clear selection when every class has a label", () => {
    expect(suggested([0, 1, -1, -1], 0.5)).toBe(true);
  });
  it("needs a high confidence while a class has no label", () => {
    expect(suggested([0, -1, -1, -1], 0.5)).toBe(false);
    expect(suggested([0, -1, -1, -1], 1)).toBe(true);
  });
});

describe("meanConfidence", () => {
  const predictions = Int16Array.of(3, 3, 1, -1);
  const confidence = Uint8Array.of(255, 102, 51, 0);
  it("averages over the items predicted to be of the class", () => {
    expect(meanConfidence(range(4), predictions, confidence, 3)).toBeCloseTo((1 + 0.4) / 2);
    expect(meanConfidence(Uint32Array.of(1, 2), predictions, confidence, 1)).toBeCloseTo(0.2);
  });
  it("is zero when no item is predicted to be of the class", () => {
    expect(meanConfidence(range(4), predictions, confidence, 2)).toBe(0);
  });
});

describe("sampleItems", () => {
  it("returns a small selection whole", () => {
    expect(Array.from(sampleItems(range(20), Uint32Array.of(3)))).toEqual(Array.from(range(20)));
  });
  it("returns 27 items, among them the few that differ", () => {
    const sheet = sampleItems(range(400), Uint32Array.of(7, 399));
    expect(sheet.length).toBe(27);
    expect(sheet).toContain(7);
    expect(sheet).toContain(399);
    const gaps = Array.from(sheet).map((item, k) => item - (sheet[k - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(40);
  });
  it("gives items that differ at most a third of the places", () => {
    const odd = range(400).filter((k) => k % 2 === 0);
    const sheet = sampleItems(range(400), odd);
    expect(sheet.length).toBe(27);
    expect(Array.from(sheet).filter((k) => k % 2 === 0).length).toBe(9);
  });
});

describe("evenly", () => {
  it("spreads over the whole", () => {
    expect(Array.from(evenly(range(100), 4))).toEqual([12, 37, 62, 87]);
  });
});
