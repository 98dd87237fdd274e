/** Places of boards: a sheet, the item card, and the palette, which fades. */
import { Matrix4, Object3D, Quaternion, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { CLOUD_EXTENT } from "../../../../src/interaction/xr/placement/dimensions.js";
import { HeadPose } from "../../../../src/interaction/xr/placement/head-pose.js";
import { PaletteAttention } from "../../../../src/interaction/xr/placement/palette-attention.js";
import { placeCardAtBrush } from "../../../../src/interaction/xr/placement/palette-placement.js";
import { placeSheet, placeWorld } from "../../../../src/interaction/xr/placement/placement.js";
import { SHEET_WIDTH } from "../../../../src/scene/xr/boards/sheet-layout.js";
import { allocations } from "../allocations.js";

const UP = new Vector3(0, 1, 0);
const position = new Vector3(0.3, 1.25, -0.4); // the head of a seated person
const flat = (v: Vector3) => v.clone().sub(position).setY(0);

/** Angle between a direction and the sheet, degrees. */
const degrees = (sheet: Matrix4, direction: Vector3): number =>
  (new Vector3().setFromMatrixPosition(sheet).sub(position).angleTo(direction) * 180) / Math.PI;

describe.each([1, -1] as const)("a sheet at side %i", (side) => {
  it.each([0, 1.1, -2.5])("is within 30 degrees of a cloud that stands at %f", (yaw) => {
    const orientation = new Quaternion().setFromAxisAngle(UP, yaw);
    const world = new Matrix4();
    placeWorld(world, { position, orientation }, new Vector3(), CLOUD_EXTENT, true);
    const middle = new Vector3().setFromMatrixPosition(world);
    // The person looks at the palette, to the side and down.
    const aside = new Quaternion().setFromAxisAngle(UP, 0.6);
    const down = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -0.5);
    const looking = orientation.clone().multiply(aside).multiply(down);
    for (const view of [orientation, looking]) {
      const sheet = new Matrix4();
      placeSheet(sheet, { position, orientation: view }, middle, CLOUD_EXTENT / 2, side);
      const at = new Vector3().setFromMatrixPosition(sheet);
      expect(at.distanceTo(position)).toBeGreaterThanOrEqual(0.45);
      expect(at.distanceTo(position)).toBeLessThan(0.6);
      expect(degrees(sheet, flat(middle))).toBeLessThan(30);
      const facing = new Vector3().setFromMatrixColumn(sheet, 2);
      expect(facing.dot(position.clone().sub(at).normalize())).toBeCloseTo(1, 6);
      // The sheet is on the requested side, and leaves the middle of the cloud free.
      expect(Math.sign(flat(at).cross(flat(middle)).y)).toBe(side);
      const edge = new Vector3((-side * SHEET_WIDTH) / 2000, 0, 0).applyMatrix4(sheet);
      expect(Math.sign(flat(edge).cross(flat(middle)).y)).toBe(side);
    }
  });
  it("is within 30 degrees of the view of a person in the cloud, or turned away from it", () => {
    for (const [radius, turn] of [
      [3, 0],
      [0.3, 2.4],
    ] as const) {
      const orientation = new Quaternion().setFromAxisAngle(UP, turn);
      const ahead = new Vector3(0, 0, -1).applyQuaternion(orientation);
      const middle = position.clone().add(new Vector3(0, 0, -0.7));
      const sheet = new Matrix4();
      placeSheet(sheet, { position, orientation }, middle, radius, side);
      expect(degrees(sheet, ahead)).toBeLessThan(30);
      const at = new Vector3().setFromMatrixPosition(sheet);
      expect(Math.sign(flat(at).cross(ahead).y)).toBe(side);
    }
  });
});

describe("the card at the brush", () => {
  it.each([0.1, 0.25, 0.4, 0.9])("is at least 0.4 m away with the brush at %f m", (away) => {
    const card = new Object3D();
    const head = Object.assign(new HeadPose(), { position });
    const brush = position.clone().add(new Vector3(0.05, -0.1, -away));
    placeCardAtBrush(card, head, brush, 0.045, 1);
    expect(card.position.distanceTo(position)).toBeGreaterThan(0.4 - 1e-6);
    expect(card.position.distanceTo(brush)).toBeLessThan(0.4);
  });
});

describe("the palette", () => {
  const head = Object.assign(new HeadPose(), { position });
  const at = position.clone().add(new Vector3(0, 0, -0.5));
  const aside = new Quaternion().setFromAxisAngle(UP, (40 * Math.PI) / 180);
  const run = (
    attention: PaletteAttention,
    seconds: number,
    hand: Vector3 | null,
    needed = false,
  ) => {
    for (let k = 0; k < seconds * 50; k++) attention.update(head, at, hand, needed, 0.02);
  };
  it("fades when nobody looks at it, and is there again within 0.2 s of a look", () => {
    const attention = new PaletteAttention();
    head.orientation.copy(aside);
    run(attention, 1, null);
    expect(attention.level).toBe(1); // a glance to the side does not hide it
    run(attention, 2, null);
    expect(attention.level).toBe(0);
    expect(attention.scale).toBeLessThan(0.7);
    expect(attention.opacity).toBeLessThan(0.5);
    head.orientation.identity();
    run(attention, 0.2, null);
    expect([attention.scale, attention.opacity]).toEqual([1, 1]);
  });
  it("stays for a hand near it, a ray on it and a cluster in the hand", () => {
    head.orientation.copy(aside);
    for (const [hand, needed] of [
      [at.clone().setX(at.x + 0.2), false],
      [null, true],
    ] as const) {
      const attention = new PaletteAttention();
      run(attention, 4, hand, needed);
      expect(attention.level).toBe(1);
    }
  });
  it("allocates nothing in a frame", () => {
    const attention = new PaletteAttention();
    head.orientation.copy(aside);
    expect(allocations(() => attention.update(head, at, at, false, 0.01), 64)).toEqual([]);
  });
});
