/** Pinches of bare hands that are not meant as a grasp, and pinches that end strokes. */
import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { COUNT, type FakeHand, LEFT_HEAP, RIGHT_HEAP, Room } from "../fixtures.js";

const HEAD = new Vector3(0, 1.6, 0.6);
const EMPTY = [0.3, 1.2, 0.3] as const;
const STILL = new Matrix4();

let room: Room;

/** Turn the palm (-y of the wrist) away from the head by an angle in degrees. */
function turnPalm(hand: FakeHand, degrees: number): void {
  const towards = HEAD.clone().sub(hand.position).normalize();
  const across = new Vector3(0, 1, 0).cross(towards).normalize();
  towards.applyAxisAngle(across, (degrees * Math.PI) / 180);
  hand.orientation.setFromUnitVectors(new Vector3(0, -1, 0), towards);
}

/** Pinch for some frames of 20 ms while the hand moves to the left, and let go. */
function pull(hand: FakeHand, frames: number, metres: number): void {
  const { x, y, z } = hand.position;
  room.press(hand);
  room.frames(frames);
  hand.at(x - metres, y, z);
  room.frames(1);
  hand.at(x - 2 * metres, y, z);
  room.frames(1);
  room.release(hand);
}

const select = () => {
  room.paint(room.right, LEFT_HEAP);
  room.right.at(...LEFT_HEAP);
  room.frames(1);
};

beforeEach(() => {
  room = new Room(true);
  room.right.at(...EMPTY);
  room.frames(1);
});

describe("a palm that faces the head", () => {
  it.each([
    [0, false],
    [50, false],
    [56, true],
    [120, true],
  ])("by an angle of %i degrees: grasps %s", (degrees, grasps) => {
    turnPalm(room.right, degrees);
    pull(room.right, 10, 0.1);
    expect(!room.world.equals(STILL)).toBe(grasps);
    room.world.identity();
    select();
    turnPalm(room.right, degrees);
    room.press(room.right);
    expect(room.controls.holding).toBe(grasps);
  });
  it("does not matter for a transient pointer, whose pose is not that of a palm", () => {
    room.right.source = { targetRayMode: "transient-pointer" } as unknown as XRInputSource;
    turnPalm(room.right, 0);
    pull(room.right, 10, 0.1);
    expect(room.world.equals(STILL)).toBe(false);
  });
  it("does not matter for a controller", () => {
    room = new Room(false);
    room.right.at(...EMPTY);
    turnPalm(room.right, 0);
    room.controls.squeeze(room.right);
    room.right.at(0, 1.2, 0.3);
    room.frames(1);
    expect(room.world.equals(STILL)).toBe(false);
  });
});

describe("a pinch in empty space", () => {
  it("that is short and still does not grab the world", () => {
    pull(room.right, 3, 0.002);
    expect(room.world.equals(STILL)).toBe(true);
    expect(room.state.latent.frozen).toBe(false);
    room.frames(20); // the pinch has ended
    room.right.at(0, 1, 0);
    room.frames(1);
    expect(room.world.equals(STILL)).toBe(true);
  });
  it("grabs the world after 120 ms", () => {
    pull(room.right, 7, 0.1);
    expect(room.world.elements[12]).toBeCloseTo(-0.2, 9);
  });
  it("grabs the world after the hand has moved 15 mm, without a jump", () => {
    pull(room.right, 1, 0.016);
    expect(room.world.elements[12]).toBeCloseTo(-0.016, 9);
  });
});

describe("after a change of the session's visibility", () => {
  it("a pinch grasps nothing for 150 ms", () => {
    select();
    room.controls.interrupt();
    room.frames(7);
    room.press(room.right);
    expect(room.controls.holding).toBe(false);
    room.release(room.right);
    room.frames(2);
    room.press(room.right);
    expect(room.controls.holding).toBe(true);
  });
  it("gestures have ended, with a message, and nothing is lost", () => {
    room.right.at(...RIGHT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(5);
    room.controls.interrupt();
    room.controls.interrupt(); // the session is visible again
    expect(room.controls.stroke.active).toBe(false);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.state.xr.message.value).toMatch(
      /right hand was interrupted by the headset: its painted items stay selected/,
    );
  });
});

describe("the hand that carries the palette", () => {
  beforeEach(() => {
    room.left.at(-0.6, 0.3, 0.3);
  });
  it("grasps nothing while the other hand paints", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    pull(room.left, 10, 0.1);
    expect(room.world.equals(STILL)).toBe(true);
    room.release(room.right);
    pull(room.left, 10, 0.1);
    expect(room.world.equals(STILL)).toBe(false);
  });
  it("grasps nothing while the other hand is at the palette", () => {
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    pull(room.left, 10, 0.1);
    expect(room.world.equals(STILL)).toBe(true);
  });
  it("does not grasp later, if the other hand begins to paint during the pinch", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.left);
    room.press(room.right);
    room.frames(20);
    room.release(room.right);
    room.left.at(-0.9, 0.3, 0.3);
    room.frames(2);
    expect(room.world.equals(STILL)).toBe(true);
  });
});

describe.each([true, false])("a stroke (bare hand: %s)", (bare) => {
  it("ends where the hand was before the fingers opened, if the hand is bare", () => {
    room = new Room(bare);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(10);
    room.right.at(...RIGHT_HEAP); // the hand moved within the last 80 ms
    room.frames(3);
    room.release(room.right);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    if (bare) expect(room.selected).toBeLessThan(1.1 * COUNT);
    else expect(room.selected).toBeGreaterThan(1.8 * COUNT);
  });
  it("does not begin where the hand was before the pinch", () => {
    room = new Room(bare);
    room.right.at(...LEFT_HEAP);
    room.frames(10);
    room.right.at(...RIGHT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(10);
    room.release(room.right);
    expect(room.selected).toBeLessThan(1.1 * COUNT);
  });
});
