import { describe, expect, it } from "vitest";
import { corners, mainCurve } from "../../../src/ui/training/charts.js";

describe("a curve", () => {
  it("goes from left to right and fills its height", () => {
    expect(corners([1, 3, 2])).toBe("0.0,96.0 50.0,4.0 100.0,50.0");
  });
  it("uses its own range if it has one", () => {
    expect(corners([0.5, 0.5], [0, 1])).toBe("0.0,50.0 100.0,50.0");
  });
  it("is horizontal for one sample, and leaves out missing values", () => {
    expect(corners([7])).toBe("0.0,50.0 100,50.0");
    expect(corners([null, 1, Number.NaN, 2])).toBe("33.3,96.0 100.0,4.0");
  });
  it("is empty without samples", () => {
    expect(corners([])).toBe("");
    expect(corners([null])).toBe("");
  });
});

describe("the one curve of a baked site", () => {
  it("is the accuracy, without labels the loss, and never a term of the loss", () => {
    const values = { reconstruction: [160, 90], kl: [1, 2], total: [161, 92] };
    expect(mainCurve({ ...values, label_accuracy: [null, 0.9] })?.key).toBe("label_accuracy");
    expect(mainCurve({ ...values, label_accuracy: [null, null] })?.key).toBe("total");
    expect(mainCurve({})).toBeUndefined();
  });
});
