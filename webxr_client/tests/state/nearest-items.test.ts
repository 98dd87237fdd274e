import { describe, expect, it } from "vitest";
import { nearestItems } from "../../src/state/nearest-items.js";

describe("the nearest items on the map", () => {
  const to = new Uint16Array(4 * 500).map((_, k) => (k * 7919) % 1021);
  const squareOf = (a: number, b: number, axes: number) => {
    let square = 0;
    for (let axis = 0; axis < axes; axis++) square += (to[4 * a + axis]! - to[4 * b + axis]!) ** 2;
    return square;
  };
  it.each([2, 3])("are those of a full sort in %i dimensions", (latentDim) => {
    const all = Array.from({ length: 500 }, (_, k) => k).filter((k) => k !== 17);
    all.sort((a, b) => squareOf(a, 17, latentDim) - squareOf(b, 17, latentDim) || a - b);
    const near = nearestItems({ to, n: 500, latentDim }, 17, 27);
    expect(Array.from(near)).toEqual(all.slice(0, 27));
  });
  it("are all other items where there are few", () => {
    expect(Array.from(nearestItems({ to, n: 3, latentDim: 3 }, 1, 27)).sort()).toEqual([0, 2]);
  });
});
