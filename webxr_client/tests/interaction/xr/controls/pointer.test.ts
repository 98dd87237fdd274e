/** Pinches of transient pointers, whose ray is known only from the moment of the pinch. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Spaces } from "../../../../src/interaction/xr/input/tracked-hand.js";
import { COUNT, type FakeHand, LEFT_HEAP, Room } from "../fixtures.js";

let room: Room;

/**
 * Pinch with the hand at `at` while the eyes look at a tile. No frame is drawn between look and
 * pinch.
 */
function pinch(hand: FakeHand, at: readonly [number, number, number], tile?: string): void {
  hand.at(...at);
  hand.pointer = {} as Spaces;
  if (tile) {
    const target = room.tile(tile);
    hand.rayOrigin.set(0, 0, -1);
    hand.rayDirection.copy(target).sub(hand.rayOrigin).normalize();
  }
  room.press(hand);
}

const commands = () => room.calls.map(([name]) => name);
const ASIDE = [0.6, 0.3, 0.3] as const;

describe.each([false, true])("a transient pointer (alone: %s)", (alone) => {
  beforeEach(() => {
    room = new Room(true);
    if (!alone) return;
    room.left.disconnect();
    room.right.source = { targetRayMode: "transient-pointer" } as unknown as XRInputSource;
  });

  it("presses the tile that the person looks at", () => {
    pinch(room.right, ASIDE, "undo");
    expect(commands()).toEqual(["undo"]);
    room.release(room.right);
    room.frames(2);
    expect(commands()).toEqual(["undo"]);
    expect(room.selected).toBe(0);
  });
  it("selects the points at the pinch, although the eyes are on a tile behind them", () => {
    pinch(room.right, LEFT_HEAP, "undo");
    room.frames(5);
    room.release(room.right);
    expect(commands()).toEqual([]);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
  });
  it("grabs the selection, and labels it over a class", () => {
    pinch(room.right, LEFT_HEAP);
    room.frames(5);
    room.release(room.right);
    pinch(room.right, LEFT_HEAP);
    expect(room.controls.holding).toBe(true);
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.02);
    room.frames(2);
    room.release(room.right);
    expect(room.calls.at(-1)?.slice(0, 2)).toEqual(["label", 1]);
  });
});

describe("a transient pointer of the hand with the palette", () => {
  beforeEach(() => {
    room = new Room(true);
  });
  it("presses the tile that the person looks at, once", () => {
    pinch(room.left, [-0.6, 0.3, 0.3], "undo");
    room.frames(20);
    expect(room.controls.grasps.world.active).toBe(false);
    room.release(room.left);
    room.frames(2);
    expect(commands()).toEqual(["undo"]);
  });
  it("moves the cloud while the person looks elsewhere", () => {
    pinch(room.left, [-0.6, 0.3, 0.3]);
    room.frames(20);
    expect(commands()).toEqual([]);
    expect(room.controls.grasps.world.active).toBe(true);
  });
  it("grabs the selection at the hand, although the eyes are on a tile", () => {
    pinch(room.right, LEFT_HEAP);
    room.frames(5);
    room.release(room.right);
    room.right.at(...ASIDE);
    room.frames(2);
    pinch(room.left, LEFT_HEAP, "undo");
    expect(commands()).toEqual([]);
    expect(room.controls.holding).toBe(true);
  });
});

describe("a transient pointer that is the hand", () => {
  beforeEach(() => {
    room = new Room(true);
    room.right.source = { targetRayMode: "transient-pointer" } as unknown as XRInputSource;
  });
  it("presses the tile at the pinch, and no further tile while it moves", () => {
    const { x, y, z } = room.tile("undo");
    pinch(room.right, [x, y, z + 0.03]);
    expect(commands()).toEqual(["undo"]);
    for (const away of [0.03, 0.01, 0, -0.01, 0.03, 0]) {
      room.right.at(x, y, z + away);
      room.frames(1);
    }
    room.release(room.right);
    expect(commands()).toEqual(["undo"]);
  });
  it("that is interrupted returns the cluster, with a message", () => {
    pinch(room.right, LEFT_HEAP);
    room.frames(5);
    room.release(room.right);
    pinch(room.right, LEFT_HEAP);
    expect(room.controls.holding).toBe(true);
    room.controls.cancel(room.right);
    expect(room.controls.holding).toBe(false);
    expect(room.state.xr.message.value).toMatch(/right hand was interrupted: the cluster returned/);
  });
});
