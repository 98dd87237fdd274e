/** A contact sheet in the room, by touch, by ray and by pinch. */
import { Matrix4 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { NO_PICTURE } from "../../../../src/state/review-state.js";
import { COUNT, LEFT_HEAP, RIGHT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe.each([false, true])("a contact sheet in the room (bare hands: %s)", (bare) => {
  beforeEach(() => {
    room = new Room(bare);
    room.openSheet();
  });
  const at = () => room.state.review.at.value;

  it("picks a picture by touch; a second touch ends the pick", () => {
    room.touch(room.right, "picture", 2);
    expect(at()).toBe(2);
    room.touch(room.right, "picture", 4);
    expect(at()).toBe(4);
    room.touch(room.right, "picture", 4);
    expect(at()).toBe(NO_PICTURE);
    expect(room.selected).toBe(5);
  });
  it("picks a picture by the ray, and nothing between pictures; the ray paints nothing", () => {
    room.aimAt(room.right, "picture", 3);
    expect(room.controls.pointing.mode).toBe("ray");
    expect(room.controls.onSheet).toBe(true);
    expect(room.right.pulses.at(-1)).toBeLessThan(0.3);
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(3);
    const { x, y, z } = room.tile("picture", 3);
    room.right.rayDirection
      .set(x + 0.02, y, z)
      .sub(room.right.rayOrigin)
      .normalize();
    room.frames(1);
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(3);
    expect(room.selected).toBe(5);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("picks a picture by a pinch in front of it; a touch in the same pinch keeps the pick", () => {
    const { x, y, z } = room.tile("picture", 1);
    room.right.at(x, y, z + 0.03);
    room.frames(1);
    room.right.at(x, y, z + 0.012);
    room.frames(1);
    room.press(room.right);
    expect(at()).toBe(1);
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    room.release(room.right);
    expect(at()).toBe(1);
  });
  it("counts a touch and the pinch that follows as one press", () => {
    const { x, y, z } = room.tile("picture", 1);
    for (const away of [0.03, -0.002]) {
      room.right.at(x, y, z + away);
      room.frames(1);
    }
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(1);
  });
  it("gives the picked picture the touched class, or asks for a pick", () => {
    room.touch(room.right, "class", 2);
    expect(room.calls).toEqual([]);
    expect(room.state.xr.message.value).toMatch(/Pick a picture/);
    room.touch(room.right, "picture", 1);
    room.touch(room.right, "class", 2);
    expect(room.calls).toEqual([["correct", 2]]);
  });
  it("changes between a whole group and one picture by a tile", () => {
    expect(room.state.review.whole.value).toBe(false);
    room.touch(room.right, "group");
    expect(room.state.review.whole.value).toBe(true);
    room.touch(room.right, "picture", 3);
    expect([at(), room.state.review.whole.value]).toEqual([3, true]);
    room.touch(room.right, "group");
    expect(room.state.review.whole.value).toBe(false);
  });
  it("confirms with a firm pulse, skips pictures, and closes", () => {
    room.touch(room.right, "aside");
    expect(room.calls).toEqual([]);
    room.touch(room.right, "picture", 1);
    room.touch(room.right, "aside");
    room.touch(room.right, "confirm");
    expect(Math.max(...room.right.pulses)).toBeGreaterThan(0.8);
    room.touch(room.right, "close");
    expect(room.calls).toEqual([["setAside"], ["confirmSheet"], ["closeSheet"]]);
  });
  it("gives no firm pulse when nothing is labelled", () => {
    room.accepts = false;
    room.touch(room.right, "confirm");
    expect(room.calls).toEqual([["confirmSheet"]]);
    expect(Math.max(...room.right.pulses)).toBeLessThan(0.5);
  });
  it("stays after a click beside it; its items are not a cluster and gain no painted items", () => {
    room.paint(room.right, [0, 0.4, 0.4]);
    expect(room.selected).toBe(5);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    expect(room.controls.holding).toBe(false);
    room.controls.unsqueeze(room.right);
    room.paint(room.right, RIGHT_HEAP);
    expect(room.state.selection.value.tool).toBe("brush");
    expect(Array.from(room.state.selection.value.items).every((item) => item >= COUNT)).toBe(true);
  });
  it("ignores the ray of a hand at points, unless the sheet is near", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(10);
    room.sheet.mesh.matrix = new Matrix4().setPosition(-0.3, 0, -1);
    room.right.rayDirection.set(0, 0, -1);
    room.frames(1);
    expect(room.controls.onSheet).toBe(false);
    room.sheet.mesh.matrix = new Matrix4().setPosition(-0.3, 0, -0.3);
    room.frames(1);
    expect(room.controls.onSheet).toBe(true);
  });
  it("keeps the pick when the hand is lost", () => {
    room.touch(room.right, "picture", 2);
    room.aimAt(room.right, "picture", 3);
    room.press(room.right);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(30);
    expect(at()).toBe(3);
    expect(room.controls.pointing.tile).toBeNull();
    expect(room.controls.onSheet).toBe(false);
    room.controls.endAll();
    expect(room.calls).toEqual([]);
  });
  it("works with the left hand, too", () => {
    room.state.xr.swapHands();
    room.touch(room.left, "picture", 0);
    room.touch(room.left, "class", 1);
    expect(room.calls).toEqual([["correct", 1]]);
    room.state.xr.swapHands();
  });
});
