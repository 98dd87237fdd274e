/**
 * Placement of a sheet: within reach and beside the cloud, for both hands and for any direction of
 * the head.
 */
import { Matrix4, Quaternion, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { CLOUD_EXTENT } from "../../../../src/interaction/xr/placement/dimensions.js";
import { placeSheet, placeWorld } from "../../../../src/interaction/xr/placement/placement.js";
import { SHEET_WIDTH } from "../../../../src/scene/xr/boards/sheet-layout.js";

const UP = new Vector3(0, 1, 0);
const WIDTH = SHEET_WIDTH / 1000;
const position = new Vector3(0.3, 1.25, -0.4); // seated
const flat = (v: Vector3) => v.clone().sub(position).setY(0);

describe.each([1, -1] as const)("a sheet at side %i", (side) => {
  it.each([0, 1.1, -2.5])("of a cloud that stands at %f", (yaw) => {
    const orientation = new Quaternion().setFromAxisAngle(UP, yaw);
    const world = new Matrix4();
    placeWorld(world, { position, orientation }, new Vector3(), CLOUD_EXTENT, true);
    const middle = new Vector3().setFromMatrixPosition(world);
    const sheet = new Matrix4();
    // The person looks at the palette, a little to the side and down.
    const looking = orientation.clone().multiply(new Quaternion().setFromAxisAngle(UP, 0.5));
    placeSheet(sheet, { position, orientation: looking }, middle, CLOUD_EXTENT / 2, WIDTH, side);
    const at = new Vector3().setFromMatrixPosition(sheet);
    expect(at.distanceTo(position)).toBeLessThan(0.6);
    expect(position.y - at.y).toBeGreaterThan(0.1);
    expect(position.y - at.y).toBeLessThan(0.25);
    const facing = new Vector3().setFromMatrixColumn(sheet, 2);
    expect(facing.dot(position.clone().sub(at).normalize())).toBeCloseTo(1, 6);
    // The sheet is on the requested side.
    expect(Math.sign(flat(at).cross(flat(middle)).y)).toBe(side);
    // The sheet covers no part of the cloud.
    const edge = Math.asin(CLOUD_EXTENT / 2 / flat(middle).length());
    for (const x of [-WIDTH / 2, 0, WIDTH / 2]) {
      const part = new Vector3(x, 0, 0).applyMatrix4(sheet);
      expect(flat(part).angleTo(flat(middle))).toBeGreaterThan(edge);
    }
  });
  it("is beside the view of a person who stands in the cloud", () => {
    const sheet = new Matrix4();
    placeSheet(sheet, { position, orientation: new Quaternion() }, position, 3, WIDTH, side);
    const at = new Vector3().setFromMatrixPosition(sheet).sub(position);
    expect(Math.sign(at.x)).toBe(side);
    expect(at.z).toBeLessThan(0);
  });
});
