/** Painting with the brush, with either hand, with and without controllers. */
import { Matrix4 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { COUNT, LEFT_HEAP, RIGHT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("the brush", () => {
  it("selects what it touches, adds, and clears in empty space", () => {
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.state.selection.value).toMatchObject({ tool: "brush", revision: 7 });
    room.paint(room.right, RIGHT_HEAP);
    expect(room.selected).toBeGreaterThan(1.8 * COUNT);
    room.paint(room.right, [0, 0.4, 0.4]);
    expect(room.selected).toBe(0);
  });
  it("subtracts with the other trigger held, or by the palette", () => {
    room.paint(room.right, LEFT_HEAP);
    room.press(room.left);
    expect(room.controls.subtracting).toBe(true);
    room.paint(room.right, LEFT_HEAP);
    room.release(room.left);
    expect(room.selected).toBe(0);
    room.paint(room.right, RIGHT_HEAP);
    room.touch(room.right, "menu");
    room.touch(room.right, "subtract");
    room.paint(room.right, RIGHT_HEAP);
    expect(room.selected).toBe(0);
  });
  it("freezes the points while it paints", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.state.latent.frozen).toBe(true);
    room.release(room.right);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("grows over a cluster, wider with the stick", () => {
    room.touch(room.right, "menu");
    room.touch(room.right, "cluster");
    room.state.xr.setDensity(0.9);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    const strict = room.selected;
    room.right.stickY = -1;
    room.frames(100);
    room.right.stickY = 0;
    room.release(room.right);
    expect(room.selected).toBeGreaterThan(strict);
    expect(room.state.selection.value.tool).toBe("cluster");
    expect(room.state.xr.radius.value).toBeCloseTo(0.045, 9); // only the density changed
  });
  it("grows and shrinks with the stick by equal factors", () => {
    const before = room.state.xr.radius.value;
    room.right.stickY = -1;
    room.frames(10);
    const larger = room.state.xr.radius.value;
    room.right.stickY = 1;
    room.frames(10);
    room.right.stickY = 0;
    expect(larger).toBeGreaterThan(before);
    expect(room.state.xr.radius.value).toBeCloseTo(before, 6);
  });
  it("finds its items and the nearest item a few times a second", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(10);
    expect(room.controls.brush.hit.count).toBeGreaterThan(0.9 * COUNT);
    expect(room.controls.brush.hit.nearest).toBeGreaterThanOrEqual(0);
    expect(room.right.pulses).toHaveLength(1); // one pulse, when the hand reaches the points
    expect(room.right.pulses[0]).toBeLessThan(0.3);
  });
});

describe("the left hand", () => {
  it("does, after a swap, everything that the right hand did before", () => {
    room.touch(room.right, "menu");
    room.touch(room.right, "force");
    room.touch(room.right, "swap");
    expect(room.state.xr.dominant.value).toBe("left");
    room.touch(room.left, "back");
    room.calls.length = 0;
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBe(0); // the right hand does not paint after the swap
    room.paint(room.left, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    room.touch(room.left, "class", 2);
    expect(room.calls).toEqual([["label", 2]]);
    room.state.xr.swapHands();
  });
  it("paints when it is the only hand", () => {
    room.right.disconnect();
    room.frames(1);
    expect(room.controls.dominant).toBe(room.left);
    room.paint(room.left, RIGHT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
  });
});

describe("hands without controllers", () => {
  beforeEach(() => {
    room = new Room(true);
  });
  it("paint by pinching among points, and hold the world by pinching in empty space", () => {
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    room.right.at(0, 0.4, 0.4);
    room.frames(1);
    room.press(room.right);
    room.frames(7); // a shorter pinch would not grab the world
    room.right.at(0.2, 0.4, 0.4);
    room.frames(1);
    room.release(room.right);
    expect(room.world.elements[12]).toBeCloseTo(0.2, 9);
    // A click beside all points must clear the selection. Grabbing the world must not clear it.
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
  });
  it("scale by pinching with both", () => {
    room.press(room.left);
    room.press(room.right);
    room.frames(7);
    room.left.at(-1.8, 0.3, 0.3);
    room.frames(1);
    room.release(room.left);
    room.release(room.right);
    expect(room.world.elements[0]).toBeCloseTo(2, 9);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("grab the cluster by a pinch on selected items, and drop it on a class", () => {
    room.paint(room.right, LEFT_HEAP);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(true);
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.02);
    room.frames(1);
    room.release(room.right);
    expect(room.calls).toEqual([["label", 1]]);
  });
  it("subtract by a pinch on selected items, and hold the world beside them", () => {
    room.paint(room.right, LEFT_HEAP);
    room.state.xr.subtract.value = true;
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(false);
    expect(room.controls.stroke.active).toBe(true);
    room.frames(5);
    room.release(room.right);
    expect(room.selected).toBe(0);
    room.right.at(0, 0.4, 0.4);
    room.frames(1);
    room.press(room.right);
    room.frames(7); // a shorter pinch would not grab the world
    room.right.at(0.2, 0.4, 0.4);
    room.frames(1);
    room.release(room.right);
    expect(room.world.elements[12]).toBeCloseTo(0.2, 9);
  });
  it("subtract with a brush smaller than their grasp, and grab nothing by mistake", () => {
    room.paint(room.right, LEFT_HEAP);
    room.state.xr.subtract.value = true;
    room.state.xr.setRadius(0.008);
    room.right.at(LEFT_HEAP[0], LEFT_HEAP[1] + 0.05, LEFT_HEAP[2]);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(false);
    const before = room.selected;
    room.right.at(...LEFT_HEAP);
    room.frames(5);
    room.release(room.right);
    expect(room.selected).toBeLessThan(before);
    expect(room.world.equals(new Matrix4())).toBe(true);
  });
  it("show a message when a hand is lost during a stroke; painted items stay selected", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(5);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(30);
    expect(room.controls.stroke.active).toBe(false);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.state.xr.message.value).toMatch(
      /right hand was lost from view: its painted items stay selected/,
    );
    expect(room.state.latent.frozen).toBe(false);
  });
});
