import { describe, expect, it } from "vitest";
import { placed, placedBesideSheet } from "../../../src/ui/selection/hover-card.js";

const WIDTH = 248;

describe("the card beside a sheet", () => {
  it.each([
    [1280, 720, 180],
    [1440, 900, 400],
    [1280, 720, 700],
  ])("covers only the right panel in %s x %s", (width, height, own) => {
    const { left, top } = placedBesideSheet(width, height, own);
    expect(left).toBeGreaterThanOrEqual(width - 332);
    expect(left + 290).toBeLessThanOrEqual(width - 16);
    expect(top).toBeGreaterThanOrEqual(64);
    if (own < 600) expect(top + own).toBeLessThanOrEqual(height - 124);
  });
});

describe("the hover card", () => {
  it("is placed right of the pointer", () => {
    expect(placed(400, 300, 1440, 900)).toEqual({ left: 422, top: 260 });
  });
  it.each([
    [150, 300, 322],
    [200, 800, 800 - 22 - 100],
    [200, 600, 600 + 22],
  ])("is below or above a finger at (%s, %s) of a phone", (x, y, expected) => {
    const { top } = placed(x, y, 390, 844, 100);
    expect(top).toBe(expected);
  });
  it("is placed left of the pointer before it covers the panel", () => {
    const { left } = placed(900, 300, 1440, 900);
    expect(left + WIDTH).toBeLessThan(900);
  });
  it.each([
    [10, 10, 390, 844],
    [380, 840, 390, 844],
    [200, 400, 390, 844],
    [1430, 890, 1440, 900],
  ])("stays on the page at (%s, %s) of %s x %s", (x, y, width, height) => {
    const { left, top } = placed(x, y, width, height);
    expect(left).toBeGreaterThanOrEqual(8);
    expect(left + WIDTH).toBeLessThanOrEqual(width - 8);
    expect(top).toBeGreaterThanOrEqual(64);
    expect(top + 100).toBeLessThanOrEqual(height);
  });
});
