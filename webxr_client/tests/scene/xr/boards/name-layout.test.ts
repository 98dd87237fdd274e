/** Names of islands must never cover one another, and must not flicker. */
import { Matrix4, Quaternion, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { NameLayout, type PlacedName } from "../../../../src/scene/xr/boards/name-layout.js";

const HEIGHT = 0.05;
const cellAt = (depth: number) => HEIGHT * depth;
/** A name that is twice as wide as high, with its anchor in the middle of its lower edge. */
const name = (x: number, y: number, z = -1): PlacedName => ({ x, y, z, half: 1, low: 0, high: 1 });
const head = () => ({ position: new Vector3(), orientation: new Quaternion() });

let layout: NameLayout;
const shown = (names: PlacedName[], from = head(), roomFromScene = new Matrix4()) => {
  layout.arrange(names, from, roomFromScene, cellAt);
  return Array.from(layout.shown.subarray(0, names.length));
};

beforeEach(() => {
  layout = new NameLayout(8);
});

describe("a name", () => {
  it("is hidden where it would cover a name with more items", () => {
    expect(shown([name(0, 0), name(0.08, 0), name(0.2, 0)])).toEqual([1, 0, 1]);
    expect(shown([name(0, 0), name(0, 0.04)])).toEqual([1, 0]);
    // The name is not yet far enough away to be shown again.
    expect(shown([name(0, 0), name(0, 0.06)])).toEqual([1, 0]);
    expect(shown([name(0, 0), name(0, 0.08)])).toEqual([1, 1]);
    expect(shown([name(0, 0), name(0, 0.06)])).toEqual([1, 1]);
  });

  it("is not hidden by a name that is itself hidden", () => {
    expect(shown([name(0, 0), name(0.08, 0), name(0.16, 0)])).toEqual([1, 0, 1]);
  });

  it("needs more room beside a name at another depth, because each eye sees it elsewhere", () => {
    expect(shown([name(0, 0), name(0.12, 0)])).toEqual([1, 1]);
    expect(shown([name(0, 0), name(0.06, 0, -0.5)])).toEqual([1, 0]);
    expect(shown([name(0, 0), name(0.09, 0, -0.5)])).toEqual([1, 1]);
  });

  it("is compared as the head sees it", () => {
    const names = [name(0, 0, -1), name(0, 0, -2)]; // the second name is behind the first
    expect(shown(names)).toEqual([1, 0]);
    const above = head();
    above.position.y = 0.5;
    expect(shown(names, above)).toEqual([1, 1]);
    const aside = new Matrix4().makeRotationY(0.5).setPosition(0.7, 0, -0.2);
    expect(shown(names)).toEqual([1, 0]);
    expect(shown(names, head(), aside)).toEqual([1, 1]);
  });

  it("stays upright when the head rolls", () => {
    const rolled = head();
    rolled.orientation.setFromAxisAngle(new Vector3(0, 0, 1), Math.PI / 2);
    // In the room, the names are side by side, and 0.07 is too near for such names. For names one
    // above the other, 0.07 would be far enough.
    expect(shown([name(0, 0), name(0.07, 0)], rolled)).toEqual([1, 0]);
    expect(shown([name(0, 0), name(0, 0.08)], rolled)).toEqual([1, 1]);
  });

  it("behind the head hides nothing", () => {
    expect(shown([name(0, 0, 1), name(0, 0, -1)])).toEqual([1, 1]);
  });
});
