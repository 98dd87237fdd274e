import { describe, expect, it } from "vitest";
import type { SheetItem } from "../../src/protocol/messages.js";
import { cueAfter, sheetLabels } from "../../src/state/review-state.js";
import {
  classCaption,
  confirmText,
  expectedErrors,
  groupHead,
  groupSpan,
  outcomeOf,
} from "../../src/state/sheet-text.js";

const item = (n: number, class_id: number, prediction: number, doubt = 0.9): SheetItem => ({
  item: n,
  class_id,
  prediction,
  confidence: 0.8,
  doubt,
  proposed: class_id < 0 || (doubt >= 0.9 && prediction >= 0) ? prediction : class_id,
  group: prediction,
});

describe("texts of a sheet", () => {
  it("use the decision of the user, else the more likely class", () => {
    const one = item(4, 2, 7);
    expect(outcomeOf(one, new Map(), new Set())).toEqual({ becomes: 7, decision: "" });
    expect(outcomeOf(one, new Map([[4, 3]]), new Set())).toEqual({
      becomes: 3,
      decision: "corrected",
    });
    expect(outcomeOf(one, new Map(), new Set([4]))).toEqual({ becomes: -1, decision: "aside" });
  });
  it("name a class only where it differs from the group", () => {
    expect(classCaption(item(0, 2, 7), 7, "", 7)).toEqual({ classId: 2, struck: true });
    expect(classCaption(item(0, 2, 7, 0.1), 2, "", 7)).toEqual({ classId: 2, struck: false });
    expect(classCaption(item(0, 7, 7), 7, "", 7)).toBeNull();
    expect(classCaption(item(0, 7, 7), 3, "corrected", 7)).toEqual({ classId: 3, struck: false });
    expect(classCaption(item(0, 2, 7), -1, "aside", 7)).toBeNull();
    expect(classCaption(item(0, -1, -1), 3, "corrected", 3)).toBeNull();
  });
  it("name a group by its prediction, or a region by its size and class", () => {
    const items = [item(0, -1, 7), item(1, -1, 2), item(2, -1, 2)].map((one) => ({
      ...one,
      group: 0,
    }));
    const kind = "uncertain" as const;
    const predicted = { kind, items, groups: [{ size: null, may_be_new: false }] };
    expect(groupHead(predicted, 0, new Map())).toEqual({ classId: 7, text: "" });
    const region = { kind, items, groups: [{ size: 1412, may_be_new: true }] };
    expect(groupHead(region, 1, new Map())).toEqual({
      classId: -1,
      text: "new class? 1,412 items",
    });
    expect(groupHead(region, 0, new Map([[1, 5]]))).toEqual({ classId: -1, text: "1,412 items" });
    const named = new Map(items.map((one) => [one.item, 4]));
    expect(groupHead(region, 2, named)).toEqual({ classId: 4, text: "1,412" });
    const nothing = { ...predicted, items: [{ ...item(0, -1, -1), group: 0 }] };
    expect(groupHead(nothing, 0, new Map())).toEqual({ classId: -1, text: "no prediction" });
    const blind = { ...nothing, kind: "double" as const };
    expect(groupHead(blind, 0, new Map())).toEqual({ classId: -1, text: "labels hidden" });
  });
  it("state the expected errors, or that there are no predictions", () => {
    const sheet = (items: SheetItem[], expectedWrong: number | null) =>
      expectedErrors({
        kind: "uncertain",
        items,
        groups: [],
        total: 9,
        expectedWrong,
        reason: "",
        status: "open",
      });
    expect(sheet([item(0, -1, 3), item(1, -1, 3)], 0.3)).toContain("all correct");
    expect(sheet([item(0, -1, 3), item(1, -1, -1)], 1.2)).toContain("about 1 of 2");
    expect(sheet([item(0, -1, -1), item(1, -1, -1)], 2)).toContain("no predictions yet");
    expect(sheet([item(0, -1, 3)], null)).not.toMatch(/\d/);
  });
  it("name what the button does, and nothing without predictions", () => {
    const text = (items: SheetItem[], corrected = new Map<number, number>()) =>
      confirmText(sheetLabels({ items }, corrected, new Set()));
    const suspects = [item(0, 2, 7), item(1, 2, 7, 0.5), item(2, 3, 3, 0.1)];
    expect(text(suspects)).toBe("Change 1, keep 2");
    expect(text([...suspects, item(3, -1, 4)])).toBe("Change 1, keep 2, label 1");
    expect(text(suspects.slice(1))).toBe("Keep 2");
    expect(text([item(0, -1, 3)])).toBe("Label 1");
    expect(text([item(0, -1, -1), item(1, -1, -1)])).toBe("");
    expect(text([item(0, -1, -1), item(1, -1, -1)], new Map([[1, 5]]))).toBe("Label 1");
  });
  it("name a group at its first picture and in each row", () => {
    const items = [0, 0, 1, 1, 1].map((prediction, k) => item(k, -1, prediction));
    expect(items.map((_, k) => groupSpan(items, k, 3))).toEqual([2, 0, 1, 2, 0]);
  });
});

it("cueAfter returns each cue in turn and undefined after the last", () => {
  expect(["label", "uncertainty", "density", "diversity", "coverage"].map(cueAfter)).toEqual([
    "uncertainty",
    "density",
    "diversity",
    "coverage",
    undefined,
  ]);
});
