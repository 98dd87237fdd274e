/** Grabs of the world and of a cluster, without WebGL. */
import { Euler, Matrix4, Quaternion, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { ClusterGrab } from "../../../../src/interaction/xr/grab/cluster-grab.js";
import {
  OneHandGrab,
  scaleOf,
  TwoHandGrab,
  turnAbout,
} from "../../../../src/interaction/xr/grab/transform.js";
import {
  CLOUD_DISTANCE,
  CLOUD_EXTENT,
  LARGEST_SCALE,
} from "../../../../src/interaction/xr/placement/dimensions.js";
import { placeWorld } from "../../../../src/interaction/xr/placement/placement.js";

const pose = (x: number, y: number, z: number, turn = 0): Matrix4 =>
  new Matrix4().compose(
    new Vector3(x, y, z),
    new Quaternion().setFromEuler(new Euler(0.2 * turn, turn, 0)),
    new Vector3(1, 1, 1),
  );
const close = (a: Matrix4, b: Matrix4) =>
  a.elements.forEach((value, k) => {
    expect(value).toBeCloseTo(b.elements[k]!, 9);
  });
const point = (matrix: Matrix4, x: number, y: number, z: number) =>
  new Vector3(x, y, z).applyMatrix4(matrix);

describe("one hand", () => {
  it("carries the world along, as if it were fixed to the hand", () => {
    const world = pose(0, 1.4, -1.2);
    const grab = new OneHandGrab();
    grab.start(pose(0.2, 1.3, -0.2), world);
    grab.update(pose(0.5, 1.4, -0.2), world);
    close(world, pose(0.3, 1.5, -1.2));
  });
  it("keeps the held point at the hand, also when the hand turns", () => {
    const world = pose(0.1, 1.2, -0.7, 0.4);
    const hand = pose(0.2, 1.3, -0.4, 0.1);
    const held = new Vector3(0.2, 1.3, -0.4).applyMatrix4(world.clone().invert());
    const grab = new OneHandGrab();
    grab.start(hand, world);
    const later = pose(-0.3, 1.1, -0.2, 1.3);
    grab.update(later, world);
    expect(
      held
        .clone()
        .applyMatrix4(world)
        .distanceTo(new Vector3(-0.3, 1.1, -0.2)),
    ).toBeLessThan(1e-9);
    expect(scaleOf(world)).toBeCloseTo(1, 9);
  });
  it("does nothing while the hand rests", () => {
    const world = pose(0.1, 1.2, -0.7, 0.4);
    const before = world.clone();
    const grab = new OneHandGrab();
    grab.start(pose(0.2, 1.3, -0.4, 0.1), world);
    for (let k = 0; k < 1000; k++) grab.update(pose(0.2, 1.3, -0.4, 0.1), world);
    close(world, before);
  });
});

describe("two hands", () => {
  const left = new Vector3(-0.2, 1.3, -0.4);
  const right = new Vector3(0.2, 1.3, -0.4);
  it("scale about the place between them", () => {
    const world = pose(0, 1.3, -0.4);
    const grab = new TwoHandGrab();
    grab.start(left, right, world);
    grab.update(new Vector3(-0.4, 1.3, -0.4), new Vector3(0.4, 1.3, -0.4), world);
    expect(scaleOf(world)).toBeCloseTo(2, 9);
    expect(point(world, 0, 0, 0).distanceTo(new Vector3(0, 1.3, -0.4))).toBeLessThan(1e-9);
    expect(point(world, 0.1, 0, 0).x).toBeCloseTo(0.2, 9);
  });
  it("keep both held points in the hands while they move, stretch and turn", () => {
    const world = pose(0.05, 1.25, -0.6, 0.3);
    const inverse = world.clone().invert();
    const heldLeft = left.clone().applyMatrix4(inverse);
    const heldRight = right.clone().applyMatrix4(inverse);
    const grab = new TwoHandGrab();
    grab.start(left, right, world);
    const [a, b] = [new Vector3(-0.1, 1.0, -0.7), new Vector3(0.3, 1.5, -0.1)];
    grab.update(a, b, world);
    expect(heldLeft.applyMatrix4(world).distanceTo(a)).toBeLessThan(1e-9);
    expect(heldRight.applyMatrix4(world).distanceTo(b)).toBeLessThan(1e-9);
  });
  it("stop at a largest scale, and are finite where the hands meet", () => {
    const world = pose(0, 1.3, -0.4);
    const grab = new TwoHandGrab();
    grab.start(left, left.clone().setX(left.x + 0.001), world);
    grab.update(new Vector3(-50, 1, 0), new Vector3(50, 1, 0), world);
    expect(scaleOf(world)).toBeCloseTo(LARGEST_SCALE, 6);
    grab.update(left, left, world);
    expect(world.elements.every(Number.isFinite)).toBe(true);
  });
});

describe("snap turn", () => {
  it("turns about the vertical through the middle; twelve steps are a full turn", () => {
    const world = pose(0.3, 1.2, -0.7, 0.2);
    const before = world.clone();
    const middle = new Vector3(0.3, 1.2, -0.7);
    for (let k = 0; k < 12; k++) {
      turnAbout(world, middle, Math.PI / 6);
      expect(point(world, 0, 0, 0).distanceTo(middle)).toBeLessThan(1e-9);
    }
    close(world, before);
  });
});

describe("a cluster in the hand", () => {
  it("moves with the hand, in the scene's own metres", () => {
    const world = pose(0, 1.3, -0.7, 0.5).scale(new Vector3(2, 2, 2));
    const grab = new ClusterGrab();
    grab.take(pose(0.1, 1.3, -0.5), world);
    const before = point(world, 0.05, 0.02, 0.1);
    grab.update(0, pose(0.4, 1.5, -0.5), world);
    const shown = new Vector3(0.05, 0.02, 0.1)
      .applyMatrix4(grab.shownFromPlace)
      .applyMatrix4(world);
    expect(shown.distanceTo(before.add(new Vector3(0.3, 0.2, 0)))).toBeLessThan(1e-9);
  });
  it("stays in the hand while the other hand moves the world", () => {
    const world = pose(0, 1.3, -0.7);
    const grab = new ClusterGrab();
    const hand = pose(0.1, 1.3, -0.5, 0.3);
    grab.take(hand, world);
    const before = point(world, 0.05, 0.02, 0.1);
    const moved = pose(0.5, 1.1, -0.9, 1.2);
    grab.update(0, hand, moved);
    const shown = new Vector3(0.05, 0.02, 0.1)
      .applyMatrix4(grab.shownFromPlace)
      .applyMatrix4(moved);
    expect(shown.distanceTo(before)).toBeLessThan(1e-9);
  });
  it("returns to its exact place when it is released", () => {
    const world = pose(0, 1.3, -0.7);
    const grab = new ClusterGrab();
    grab.take(pose(0.1, 1.3, -0.5), world);
    grab.update(0, pose(0.6, 1.6, -0.2, 1), world);
    grab.release(1000);
    const distances: number[] = [];
    let rested = -1;
    for (let now = 1000; now <= 1600; now += 16) {
      if (grab.update(now, null, world) && rested < 0) rested = now;
      distances.push(point(grab.shownFromPlace, 0, 0, 0).length());
    }
    expect(distances).toEqual([...distances].sort((a, b) => b - a));
    expect(rested).toBeGreaterThan(1000);
    close(grab.shownFromPlace, new Matrix4());
    expect(grab.active).toBe(false);
  });
});

describe("placement", () => {
  const middle = new Vector3(0.1, -0.05, 0.2);
  it.each([
    ["standing", 1.7, 0],
    ["seated", 1.15, 0],
    ["turned round", 1.6, Math.PI],
    ["looking down", 1.6, 0.7],
  ])("puts the cloud at arm's reach, below the eyes, facing the person: %s", (_, height, yaw) => {
    const world = new Matrix4();
    const orientation = new Quaternion().setFromEuler(new Euler(-0.6, yaw, 0.1, "YXZ"));
    const position = new Vector3(0.4, height, -0.3);
    placeWorld(world, { position, orientation }, middle, 0.9, true);
    const at = middle.clone().applyMatrix4(world);
    expect(at.distanceTo(position)).toBeCloseTo(CLOUD_DISTANCE, 9);
    expect(CLOUD_DISTANCE).toBeGreaterThanOrEqual(0.6);
    expect(CLOUD_DISTANCE).toBeLessThanOrEqual(0.8);
    expect(at.y).toBeLessThan(height);
    expect(0.9 * scaleOf(world)).toBeCloseTo(CLOUD_EXTENT, 9);
    // For any pose of the head, the cloud must be upright and straight ahead.
    expect(new Vector3(0, 1, 0).transformDirection(world).y).toBeCloseTo(1, 9);
    const ahead = new Vector3(-Math.sin(yaw), 0, -Math.cos(yaw));
    expect(at.sub(position).setY(0).normalize().dot(ahead)).toBeCloseTo(1, 9);
  });
  it("does not sink the cloud into the floor", () => {
    const world = new Matrix4();
    const head = { position: new Vector3(0, 0.4, 0), orientation: new Quaternion() };
    placeWorld(world, head, middle, 1, true);
    expect(middle.clone().applyMatrix4(world).y).toBeGreaterThan(0.4);
  });
});
