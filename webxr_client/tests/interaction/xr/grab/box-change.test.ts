/**
 * After a change of the box, each point of the latent space must be at the same place in the room.
 */
import { Matrix4, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { BoxChange } from "../../../../src/interaction/xr/grab/box-change.js";
import type { Box } from "../../../../src/protocol/scene-file.js";
import { latentOf } from "../fixtures.js";

const SMALL: Box = { origin: [-1, -0.5, -2], size: 2.5 };
const LARGE: Box = { origin: [-3, -2, -4], size: 7 };

const inBox = (box: Box, dimension = 3, n = 2) =>
  Object.assign(
    latentOf(
      Array.from({ length: n }, () => [0.1, 0.2, 0.3]),
      dimension,
    ),
    { box },
  );
const place = (box: Box, world: Matrix4, at: Vector3) =>
  at
    .clone()
    .applyMatrix4(new Matrix4().fromArray(inBox(box).sceneFromLatent()))
    .applyMatrix4(world);

describe("a change of box", () => {
  it("keeps places and sizes in the room", () => {
    const change = new BoxChange();
    expect(change.read(inBox(SMALL))).toBe("cloud");
    const world = new Matrix4()
      .makeRotationY(0.7)
      .scale(new Vector3(0.8, 0.8, 0.8))
      .setPosition(0.1, 1.3, -0.6);
    const before = world.clone();
    expect(change.read(inBox(LARGE))).toBe("box");
    world.multiply(change.oldFromNew);
    for (const at of [new Vector3(), new Vector3(0.4, -0.2, -1), new Vector3(-0.9, 1.5, 0)])
      expect(place(LARGE, world, at).distanceTo(place(SMALL, before, at))).toBeLessThan(1e-12);
    expect(change.newFromOld.elements[0]).toBeCloseTo(SMALL.size / LARGE.size, 12);
    expect(change.read(inBox(SMALL))).toBe("box");
    world.multiply(change.oldFromNew);
    world.elements.forEach((value, k) => {
      expect(value).toBeCloseTo(before.elements[k]!, 12);
    });
  });
  it("is not reported for the same box, nor for another cloud", () => {
    const change = new BoxChange();
    expect(change.read(inBox(SMALL))).toBe("cloud");
    expect(change.read(inBox(SMALL))).toBe("same");
    expect(change.read(inBox(SMALL, 2))).toBe("dimension");
    expect(change.read(inBox(SMALL, 3))).toBe("dimension");
    expect(change.read(inBox(LARGE, 3, 5))).toBe("cloud");
    expect(change.read(inBox(LARGE, 3, 0))).toBe("cloud");
    expect(change.read(inBox(LARGE, 3, 2))).toBe("cloud");
  });
});
