/** Places of the handles of a hull on the page. */
import { PerspectiveCamera } from "three";
import { expect, it } from "vitest";
import { outlineOf } from "../../../src/scene/layers/hull-outline.js";
import type { Stage } from "../../../src/scene/stage.js";

const camera = new PerspectiveCamera(90, 1, 0.1, 10);
camera.position.z = 1;
camera.updateMatrixWorld();
const element = { clientWidth: 200, clientHeight: 200 } as Stage["element"];
const insets = { left: 10, right: 60, top: 40, bottom: 0 };

it.each([
  ["at the rim of a hull in the free area", 0, { x: 110, y: 100 }, { x: 90, y: 74 }],
  ["not behind panels", 0.4, { x: 124, y: 60 }, { x: 90, y: 56 }],
  ["behind panels with the middle of the hull", 0.8, { x: 110, y: 20 }, { x: 90, y: 20 }],
])("places handles %s", (_, up, right, top) => {
  const wide = up === 0.4 ? 0.4 : 0.1;
  const corners = Float32Array.of(-0.1, up + 0.1, 0, wide, up, 0, 0.1 - wide, up - 0.1, 0);
  const found = outlineOf(corners, { camera, element, insets });
  const rounded = ({ x, y }: { x: number; y: number }) => ({ x: Math.round(x), y: Math.round(y) });
  expect([rounded(found.right), rounded(found.top)]).toEqual([right, top]);
});

it("places handles above a panel that covers the lower part of the free area", () => {
  const at = (covered: number) => {
    const corners = Float32Array.of(-0.1, -0.3, 0, 0.1, -0.7, 0, 0, -0.2, 0);
    return outlineOf(corners, { camera, element, insets: { ...insets, bottom: 20, covered } });
  };
  expect(Math.round(at(0).right.y)).toBe(164);
  expect(Math.round(at(20).right.y)).toBe(144);
  expect(at(20).insets.bottom).toBe(40);
  // As behind other panels: the handles stay with the middle of the hull.
  expect(Math.round(at(60).right.y)).toBe(140);
});
