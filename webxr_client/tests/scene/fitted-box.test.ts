import { Box3, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { FittedBox } from "../../src/scene/fitted-box.js";

const cube = (edge: number) => new Box3(new Vector3(), new Vector3(edge, edge, edge));

describe("the box that the camera was fitted to", () => {
  it("follows large changes at once, and small ones when the points rest", () => {
    const fitted = new FittedBox();
    fitted.set(cube(1));
    expect(fitted.outgrown(cube(1.1), 1)).toBe(true);
    expect(fitted.outgrown(cube(1.03), 2)).toBe(false);
    expect(fitted.outgrown(cube(1.03), 2)).toBe(false);
    expect(fitted.outgrown(cube(1.03), 2)).toBe(true);
    fitted.set(cube(1.03));
    expect(fitted.outgrown(cube(1.03), 2)).toBe(false);
    expect(fitted.outgrown(cube(1.06), 3)).toBe(false);
  });
  it("is outgrown by every box after it was cleared", () => {
    const fitted = new FittedBox();
    fitted.set(cube(1));
    fitted.clear();
    expect(fitted.outgrown(cube(1), 1)).toBe(true);
  });
});
