/** Buttons, hidden sessions, and hands that change places during a gesture. */
import { beforeEach, describe, expect, it } from "vitest";
import { allocations } from "../allocations.js";
import { COUNT, type FakeHand, LEFT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("buttons", () => {
  it("undo and redo on the hand that paints, pause on the other", () => {
    const click = (hand: FakeHand, name: "upperClicked" | "lowerClicked" | "stickClicked") => {
      Object.defineProperty(hand, name, { value: true, configurable: true });
      room.frames(1);
      Object.defineProperty(hand, name, { value: false, configurable: true });
      room.frames(1);
    };
    click(room.right, "upperClicked");
    click(room.right, "lowerClicked");
    click(room.left, "stickClicked");
    expect(room.calls).toEqual([["undo"], ["redo"], ["pause"]]);
  });
});

describe("VR that is hidden", () => {
  it("releases the triggers, so that the next press counts", () => {
    for (const hand of [room.left, room.right]) {
      hand.squeezed = true;
      room.press(hand);
      room.controls.endAll();
      expect([hand.pressed, hand.squeezed]).toEqual([false, false]);
    }
  });
});

describe("hands that swap during a gesture", () => {
  it("end their stroke with the hand that began it", () => {
    room.right.disconnect();
    room.left.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.left); // the left hand paints, because it is the only hand
    room.frames(2);
    room.right.appear(); // now the right hand is dominant
    room.right.at(0.6, 0.3, 0.3);
    room.frames(5);
    room.release(room.left);
    expect(room.controls.stroke.active).toBe(false);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.selected).toBeLessThan(1.1 * COUNT);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("end subtracting with the hand that began it", () => {
    room.press(room.left);
    expect(room.controls.subtracting).toBe(true);
    room.state.xr.swapHands();
    room.release(room.left);
    expect(room.controls.subtracting).toBe(false);
    room.state.xr.swapHands();
  });
  it("keep the points still while one of them still holds the world", () => {
    room.controls.squeeze(room.left);
    room.paint(room.right, LEFT_HEAP);
    expect(room.state.latent.frozen).toBe(true);
    room.controls.unsqueeze(room.left);
    expect(room.state.latent.frozen).toBe(false);
  });
});

describe("a frame", () => {
  it("allocates next to nothing while nothing happens", () => {
    room.right.at(...LEFT_HEAP);
    room.controls.squeeze(room.left);
    expect(allocations(() => room.controls.frame(room.now, 0.01), 128)).toEqual([]);
  });
});
