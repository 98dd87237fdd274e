/** Moving, scaling and turning the world. */
import { Matrix4 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("the world", () => {
  it("moves with one hand and scales with two, without jumps between them", () => {
    room.controls.squeeze(room.right);
    room.right.at(0.7, 0.3, 0.3);
    room.frames(1);
    expect(room.world.elements[12]).toBeCloseTo(0.1, 9);
    const before = room.world.clone();
    room.controls.squeeze(room.left);
    room.frames(1);
    expect(room.world.equals(before)).toBe(true);
    room.left.at(-1.9, 0.3, 0.3);
    room.frames(1);
    expect(room.world.elements[0]).toBeCloseTo(2, 9);
    const scaled = room.world.clone();
    room.controls.unsqueeze(room.right);
    room.frames(1);
    room.world.elements.forEach((value, k) => {
      expect(value).toBeCloseTo(scaled.elements[k]!, 9);
    });
    room.controls.unsqueeze(room.left);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("turns by one step per push of a stick", () => {
    room.left.stickX = 1;
    room.frames(30);
    expect(room.world.elements[0]).toBeCloseTo(Math.cos(Math.PI / 6), 9);
    room.left.stickX = 0;
    room.frames(1);
    room.left.stickX = -1;
    room.frames(5);
    expect(room.world.elements[0]).toBeCloseTo(1, 9);
  });
  it("does not turn when a stick is pushed up, nor twice when it rolls on from there", () => {
    room.right.stickX = 0.72;
    room.right.stickY = -0.9;
    room.frames(5);
    expect(room.world.equals(new Matrix4())).toBe(true);
    for (const y of [-0.1, -0.9, -0.1]) {
      room.right.stickY = y;
      room.frames(5);
    }
    expect(room.world.elements[0]).toBeCloseTo(Math.cos(Math.PI / 6), 9);
  });
});
