/** The page with all panels of figure 2: recording, shared time and numbers of the drawings. */
import { describe, expect, it } from "vitest";
import { Clock, EPOCHS_PER_SECOND, timeInWords } from "../../src/panels/clock.js";
import { asked, lastEpoch } from "../../src/panels/page-content.js";
import { axisLimit, histograms, markStep, positionsAt } from "../../src/panels/panel-math.js";
import { bytesOf, inked } from "../../src/panels/panel-view.js";

const MOMENTS = [new Float32Array([0, 0, 2, -2]), new Float32Array([4, 8, 2, 2])];
const at = (epoch: number) => {
  const out = new Float32Array(4);
  positionsAt(MOMENTS, epoch, out);
  return [...out];
};

describe("positions between epochs", () => {
  it("lie on straight lines", () => expect(at(0.25)).toEqual([1, 2, 2, -1]));
  it("stay at the last epoch of a shorter training", () => expect(at(60)).toEqual([4, 8, 2, 2]));
  it("begin at the first epoch", () => expect(at(-1)).toEqual([0, 0, 2, -2]));
});

describe("axes", () => {
  it("include nearly all coordinates, and no outlier", () => {
    const many = Float32Array.from({ length: 4000 }, (_, k) => (k === 7 ? 900 : (k % 200) / 100));
    expect(axisLimit(many)).toBeCloseTo(1.99 * 1.08, 2);
  });
  it("have a range when all points are at the origin", () => {
    expect(axisLimit(new Float32Array(10))).toBeGreaterThan(0);
    expect(axisLimit(new Float32Array())).toBe(1);
  });
  it.each([
    [7, 5],
    [6, 2],
    [2.5, 1],
    [0.3, 0.1],
  ])("have at most three marks a side: %s", (limit, step) => {
    expect(markStep(limit)).toBeCloseTo(step);
  });
});

describe("histograms", () => {
  const latent = new Float32Array([-0.9, 0.9, 0.9, 0.9, 5, 0, 0.9, -0.9]);
  const labels = new Int16Array([0, 1, 1, -1]);
  it("count items per class and bin, along one axis", () => {
    expect([...histograms(latent, labels, 2, 0, 1, 2)]).toEqual([1, 0, 0, 1]);
    expect([...histograms(latent, labels, 2, 1, 1, 2)]).toEqual([0, 1, 0, 2]);
  });
});

describe("the shared time", () => {
  it("starts at the end, and plays from the beginning", () => {
    const clock = new Clock(100);
    expect(clock.epoch).toBe(100);
    clock.toggle();
    expect([clock.epoch, clock.playing]).toEqual([0, true]);
    expect(clock.advance(2)).toBe(true);
    expect(clock.epoch).toBe(2 * EPOCHS_PER_SECOND);
  });
  it("stops at the end", () => {
    const clock = new Clock(10);
    clock.toggle();
    clock.advance(100);
    expect([clock.epoch, clock.playing]).toEqual([10, false]);
    expect(clock.advance(1)).toBe(false);
  });
  it("stops when it is set", () => {
    const clock = new Clock(10);
    clock.toggle();
    clock.seek(70);
    expect([clock.epoch, clock.playing]).toEqual([10, false]);
  });
  it("is described in words", () => {
    expect(timeInWords(12.4, 50)).toBe("Epoch 12 of 50 without labels");
    expect(timeInWords(50.2, 50)).toBe("Epoch 50 of 50 without labels");
    expect(timeInWords(62, 50)).toBe("Epoch 12 with all labels");
  });
});

describe("the content of the page", () => {
  const panel = { name: "a-left", row: "a", title: "", detail: "" };
  const panels = [0, 50, 5].map((epochs) => ({ ...panel, epochs }));
  it("ends with the longest training", () => {
    expect(lastEpoch({ name: "digits", epochs: 50, rows: {}, panels })).toBe(100);
  });
  it.each([
    ["", null, false],
    ["?epoch=60&autoplay=yes", 60, true],
    ["?epoch=999", 100, false],
    ["?epoch=abc", null, false],
  ])("is asked for by the query string %s", (query, epoch, autoplay) => {
    expect(asked(query, 100)).toEqual({ epoch, autoplay });
  });
});

it("writes a colour as red, green, blue and opacity", () => {
  const bytes = new Uint8Array(new Uint32Array([bytesOf("#0a80ff")]).buffer);
  expect([...bytes]).toEqual([0x0a, 0x80, 0xff, 0xff]);
});

it("darkens colours for a light page", () => {
  expect(inked("#ff8000", 1)).toBe("#ff8000");
  expect(inked("#ffffff", 0.4)).toBe("#a8a8a8");
  expect(inked("#00ff00", 0)).toBe("#000000");
});
