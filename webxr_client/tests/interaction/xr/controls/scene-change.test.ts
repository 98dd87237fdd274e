/** Another box or another number of dimensions during a gesture. */
import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import type { Box, SceneFile } from "../../../../src/protocol/scene-file.js";
import { COUNT, LEFT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("another box during a gesture", () => {
  const BOX: Box = { origin: [-1.5, -2, -2.5], size: 6 };
  /** Show the same cloud in another box, or in another number of dimensions. */
  const show = (box: Box, latent_dim = 3) => {
    const { latent } = room.state;
    const positions = new Uint16Array(4 * latent.n);
    for (let item = 0; item < latent.n; item++)
      for (let axis = 0; axis < latent_dim; axis++)
        positions[4 * item + axis] = Math.round(
          ((latent.latentMean(item, axis) - box.origin[axis]!) / box.size) * 65535,
        );
    latent.setScene({
      n: latent.n,
      positions,
      box,
      latent_dim,
      scene_id: 99,
      revision: 50,
    } as SceneFile);
    return room.controls.sceneChanged();
  };
  const inRoom = (item: number, moved = new Matrix4()) => {
    const { latent } = room.state;
    return new Vector3(
      latent.latentMean(item, 0),
      latent.latentMean(item, 1),
      latent.latentMean(item, 2),
    )
      .applyMatrix4(new Matrix4().fromArray(latent.sceneFromLatent()))
      .applyMatrix4(moved)
      .applyMatrix4(room.world);
  };
  const ITEMS = [0, 1, COUNT, 2 * COUNT - 1];
  const STEP = 2 * (BOX.size / 65535);

  it("keeps place and size of the cloud in the room", () => {
    room.world.makeRotationY(0.4).setPosition(0.1, 0.2, -0.3);
    const before = ITEMS.map((item) => inRoom(item));
    expect(show(BOX)).toBe("box");
    ITEMS.forEach((item, k) => {
      expect(inRoom(item).distanceTo(before[k]!)).toBeLessThan(STEP);
    });
    expect(room.controls.scenes.boxRatio * room.world.getMaxScaleOnAxis()).toBeCloseTo(1, 9);
    expect(show(BOX)).toBe("same");
  });
  it("keeps the world in one hand and in two without a jump", () => {
    room.controls.squeeze(room.left);
    for (const both of [false, true]) {
      if (both) room.controls.squeeze(room.right);
      room.frames(1);
      const before = inRoom(0);
      show(both ? { origin: [-1, -1, -1], size: 2 } : BOX);
      room.frames(2);
      expect(inRoom(0).distanceTo(before)).toBeLessThan(STEP);
      const [from, by] = [inRoom(0), new Vector3(0.1, 0.05, 0)];
      for (const hand of both ? [room.left, room.right] : [room.left])
        hand.at(hand.position.x + by.x, hand.position.y + by.y, hand.position.z);
      room.frames(1);
      expect(inRoom(0).distanceTo(from.add(by))).toBeLessThan(1e-9);
    }
  });
  it("keeps a cluster in the hand, and pins it where the hand releases it", () => {
    room.annotate();
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    const taken = room.state.latent.latentMean(0, 1);
    room.right.at(-0.3, 0.4, 0.1);
    room.frames(3);
    const { grab: inHand } = room.controls;
    const before = ITEMS.map((item) => inRoom(item, inHand.shownFromPlace));
    const sent = () =>
      (room.calls.findLast(([name]) => name === "drag") as [string, Uint32Array, number[][]])[2];
    const wanted = structuredClone(sent());
    room.grabbed = 0; // a new scene has new arrays, which mark no item as grabbed
    expect(show(BOX)).toBe("box");
    room.controls.showInHand();
    expect(room.grabbed).toBe(room.selected);
    room.frames(3);
    expect(room.controls.holding).toBe(true);
    ITEMS.slice(0, 2).forEach((item, k) => {
      expect(inRoom(item, inHand.shownFromPlace).distanceTo(before[k]!)).toBeLessThan(STEP);
    });
    expect(room.state.latent.latentMean(0, 1)).toBeCloseTo(taken, 3);
    sent().forEach((target, k) => {
      for (const axis of [0, 1, 2]) expect(target[axis]).toBeCloseTo(wanted[k]![axis] as number, 4);
    });
    room.controls.unsqueeze(room.right);
    const [name, , targets] = room.calls.at(-2) as [string, Uint32Array, number[][]];
    expect(name).toBe("anchor");
    expect(targets[0]?.[1]).toBeCloseTo(taken + 0.4, 3);
    expect(room.grabbed).toBe(0);
  });
  it("ends the return of a released cluster", () => {
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    room.right.at(-0.3, 0.4, 0.1);
    room.frames(3);
    room.controls.unsqueeze(room.right);
    show(BOX);
    room.controls.showInHand();
    expect(room.grabbed).toBe(0);
    expect(room.controls.grab.shownFromPlace.equals(new Matrix4())).toBe(true);
  });
  it("continues a stroke at its place and paints nothing in between", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(5);
    const before = room.selected;
    // If the stroke did not convert the place of the brush, the stroke would pass through the other
    // heap.
    show({ origin: [-0.1, -2.5, -2.5], size: 6 });
    room.frames(10);
    room.release(room.right);
    expect(room.selected).toBe(before);
  });
  it("ends all grabs in another number of dimensions, with a message; the selection stays", () => {
    room.annotate();
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    room.frames(3);
    const { selected } = room;
    expect(show(BOX, 2)).toBe("dimension");
    room.controls.showInHand();
    expect(room.controls.holding).toBe(false);
    expect(room.grabbed).toBe(0);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    expect(room.state.xr.message.value).toMatch(/2 dimensions/);
    expect(room.selected).toBe(selected);
    expect(room.state.latent.frozen).toBe(false);
    room.controls.unsqueeze(room.right);
    expect(room.calls.some(([name]) => name === "anchor")).toBe(false);
  });
});
