/** Points beyond the reach of the arm, grabbed by the ray of a hand, and a tilted cloud. */
import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { scaleOf } from "../../../../src/interaction/xr/grab/transform.js";
import { COUNT, type FakeHand, LEFT_HEAP, Room } from "../fixtures.js";

const HEAD = new Vector3(0, 1.6, 0.6);
/** Place of the cloud's middle: 2.5 m in front of the head. */
const FAR = new Vector3(0, 1.6, -1.9);
const AT = [0.2, 1.4, 0.1] as const;

let room: Room;

/** The left heap in the room, metres. */
const heap = () => new Vector3(...LEFT_HEAP).applyMatrix4(room.world);
const point = (hand: FakeHand, target: Vector3) => {
  hand.at(...AT);
  hand.rayDirection.copy(target).sub(hand.rayOrigin).normalize();
  room.frames(1);
};
/** Move the hand in small steps, as hands do. */
const move = (hand: FakeHand, x: number, y: number, z: number) => {
  const from = hand.position.clone();
  const ray = hand.rayDirection.clone();
  for (let k = 1; k <= 40; k++) {
    const to = from.clone().add(new Vector3(x, y, z).multiplyScalar(k / 40));
    hand.at(to.x, to.y, to.z);
    hand.rayDirection.copy(ray);
    room.frames(1);
  }
  room.frames(30); // the filter of the ray comes to rest
};
const selectLeftHeap = () => {
  room.state.selection.value = {
    items: Uint32Array.from({ length: COUNT }, (_, item) => item),
    regions: [],
    tool: "brush",
    revision: 7,
  };
};

describe.each([false, true])("far points (bare hands: %s)", (bare) => {
  const grip = () => {
    if (bare) {
      room.press(room.right);
      room.frames(8);
    } else room.controls.squeeze(room.right);
  };
  const release = () => {
    if (bare) room.release(room.right);
    else room.controls.unsqueeze(room.right);
  };
  beforeEach(() => {
    room = new Room(bare);
    room.world.setPosition(FAR);
  });

  it("come to the head when the hand that points at them is pulled to the head", () => {
    point(room.right, heap());
    grip();
    expect(room.controls.grasps.right.active).toBe(true);
    const far = heap().distanceTo(HEAD);
    const { x, y, z } = HEAD.clone().sub(room.right.position).multiplyScalar(0.8);
    move(room.right, x, y, z);
    expect(heap().distanceTo(HEAD)).toBeLessThan(0.25 * far);
    release();
    const near = room.world.clone();
    expect(room.controls.grasps.right.active).toBe(false);
    expect(room.state.latent.frozen).toBe(false);
    move(room.right, 0.1, 0, 0);
    expect(room.world.equals(near)).toBe(true);
  });
  it("do not jump at the grasp", () => {
    const before = room.world.clone();
    point(room.right, heap());
    grip();
    room.frames(3);
    room.world.elements.forEach((value, k) => {
      expect(value).toBeCloseTo(before.elements[k]!, 6);
    });
  });
  it("are left alone by a hand that points beside them: the hand moves the world 1:1", () => {
    point(room.right, heap().add(new Vector3(0, 0.5, 0)));
    grip();
    expect(room.controls.grasps.right.active).toBe(false);
    move(room.right, 0, 0, 0.1);
    expect(room.world.elements[14]).toBeCloseTo(FAR.z + 0.1, 6);
  });
  it("within reach are moved 1:1", () => {
    room.world.setPosition(0, 1.4, -0.1);
    point(room.right, heap());
    grip();
    expect(room.controls.grasps.right.active).toBe(false);
    move(room.right, 0, 0, 0.1);
    expect(room.world.elements[14]).toBeCloseTo(0, 6);
  });
  it("that are selected come alone, and the world stays", () => {
    selectLeftHeap();
    const before = room.world.clone();
    point(room.right, heap());
    grip();
    expect(room.controls.holding).toBe(true);
    const { x, y, z } = HEAD.clone().sub(room.right.position).multiplyScalar(0.7);
    move(room.right, x, y, z);
    expect(room.world.equals(before)).toBe(true);
    const shown = new Vector3(...LEFT_HEAP)
      .applyMatrix4(room.controls.grab.shownFromPlace)
      .applyMatrix4(room.world);
    expect(shown.distanceTo(HEAD)).toBeLessThan(0.4 * heap().distanceTo(HEAD));
    release();
    expect(room.controls.holding).toBe(false);
  });
  it("are scaled by the second hand, without a jump", () => {
    point(room.right, heap());
    grip();
    if (bare) room.press(room.left);
    else room.controls.squeeze(room.left);
    room.frames(8);
    const scale = scaleOf(room.world);
    const apart = room.left.position.distanceTo(room.right.position);
    move(room.left, -0.3, 0, 0);
    const ratio = room.left.position.distanceTo(room.right.position) / apart;
    expect(scaleOf(room.world) / scale).toBeCloseTo(ratio, 6);
  });
  it("stay when the hand is lost, and can be grabbed again", () => {
    point(room.right, heap());
    grip();
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(30);
    const before = room.world.clone();
    expect(room.controls.grasps.right.active).toBe(false);
    room.right.appear();
    room.right.pressed = false;
    move(room.right, 0, 0, 0.2);
    expect(room.world.equals(before)).toBe(true);
    point(room.right, heap());
    grip();
    expect(room.controls.grasps.right.active).toBe(true);
  });
});

describe("the tile upright", () => {
  it("turns a tilted cloud upright about its middle, and keeps scale and direction", () => {
    room = new Room();
    const upright = new Matrix4().makeRotationY(0.7).scale(new Vector3(2, 2, 2));
    room.world.makeRotationZ(1.2).multiply(upright).setPosition(1, 2, 3);
    room.controls.grasps.upright();
    const up = new Vector3().setFromMatrixColumn(room.world, 1);
    expect(up.x).toBeCloseTo(0, 9);
    expect(up.y).toBeCloseTo(2, 9);
    expect(scaleOf(room.world)).toBeCloseTo(2, 9);
    expect(new Vector3().setFromMatrixPosition(room.world).distanceTo(new Vector3(1, 2, 3))).toBe(
      0,
    );
    room.world.elements.slice(0, 12).forEach((value, k) => {
      expect(value).toBeCloseTo(upright.elements[k]!, 9);
    });
  });
  it("turns a cloud that is upside down", () => {
    room = new Room();
    room.world.makeRotationX(Math.PI);
    room.controls.grasps.upright();
    expect(room.world.elements[5]).toBeCloseTo(1, 9);
  });
  it("is on the palette, and does not move a cloud that a hand holds away from the hand", () => {
    room = new Room();
    room.controls.squeeze(room.left);
    room.world.makeRotationX(0.5);
    room.touch(room.right, "menu");
    room.touch(room.right, "force");
    room.touch(room.right, "upright");
    room.frames(3);
    expect(room.world.elements[5]).toBeCloseTo(1, 6);
  });
});
