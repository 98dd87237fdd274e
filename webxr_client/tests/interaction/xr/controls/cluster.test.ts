/** A grabbed cluster: dropped on a class, pinned in space, or returned. */
import { Matrix4 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { type Dragged, MOST_LISTED, type Motion } from "../../../../src/state/commands.js";
import { COUNT, type FakeHand, LEFT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("a cluster", () => {
  const grab = (hand: FakeHand) => {
    room.paint(hand, LEFT_HEAP);
    hand.squeezed = true;
    room.controls.squeeze(hand);
    room.frames(1);
  };
  it("is labelled when it is dropped on a class", () => {
    grab(room.right);
    expect([room.controls.holding, room.state.xr.holding.value]).toEqual([true, true]);
    expect(room.grabbed).toBeGreaterThan(0.9 * COUNT);
    const { x, y, z } = room.tile("class", 2);
    room.right.at(x, y, z + 0.03);
    room.frames(2);
    room.controls.unsqueeze(room.right);
    room.frames(1);
    expect(room.state.xr.holding.value).toBe(false);
    expect(room.calls).toEqual([["label", 2]]);
    expect(Math.max(...room.right.pulses)).toBeGreaterThan(0.8);
    room.frames(60);
    expect(room.grabbed).toBe(0);
  });
  it("flies home from the hand after it was dragged and dropped on a class", () => {
    room.annotate();
    grab(room.right);
    const { latent, selection } = room.state;
    const item = selection.value.items[0] as number;
    const home = latent.latentMean(item, 1);
    const { x, y, z } = room.tile("class", 2);
    room.right.at(x, y, z + 0.03);
    room.frames(8);
    const targets = room.calls.findLast(([name]) => name === "drag")?.[2] as number[][];
    const inHand = targets[0]?.[1] as number;
    room.controls.unsqueeze(room.right);
    expect(room.calls.at(-2)).toEqual(["label", 2]);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    // After the release, the item is shown where the hand was, and moves from there to its place.
    // The cluster adds no offset of its own.
    expect(room.controls.grab.shownFromPlace.equals(new Matrix4())).toBe(true);
    const shown = (latent.from[4 * item + 1] as number) / 65_535;
    expect(latent.box.origin[1] + shown * latent.box.size).toBeCloseTo(inHand, 3);
    expect(latent.latentMean(item, 1)).toBeCloseTo(home, 3);
    expect(latent.sampleAt(performance.now())).toBeLessThan(0.5);
  });
  it("returns when it is dropped in space, and nothing is labelled", () => {
    grab(room.right);
    room.right.at(0, 0.5, 0.3);
    room.frames(2);
    const moved = room.controls.grab.shownFromPlace.clone();
    expect(moved.equals(new Matrix4())).toBe(false);
    room.controls.unsqueeze(room.right);
    room.frames(60);
    expect(room.controls.grab.shownFromPlace.equals(new Matrix4())).toBe(true);
    expect(room.calls).toEqual([]);
    expect(room.selected).toBeGreaterThan(0);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("is dragged in the model and stays pinned where it is dropped in space", () => {
    room.annotate();
    grab(room.right);
    expect(room.state.latent.frozen).toBe(false); // the neighbours of the cluster have to follow
    const before = room.state.latent.latentMean(0, 1);
    room.right.at(-0.3, 0.9, 0.3);
    room.frames(8);
    const drags = room.calls.filter(([name]) => name === "drag");
    expect(drags.length).toBeGreaterThan(1);
    expect(drags.length).toBeLessThan(8); // drags are not sent in every frame
    room.controls.unsqueeze(room.right);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    const [name, items, targets, keep] = room.calls.at(-2) as [
      string,
      Uint32Array,
      number[][],
      boolean,
    ];
    expect([name, items.length, targets.length, keep]).toEqual([
      "anchor",
      room.selected,
      room.selected,
      true,
    ]);
    expect(targets[0]?.[1]).not.toBeCloseTo(before, 2);
    expect(room.grabbed).toBe(0);
    expect(room.controls.grab.shownFromPlace.equals(new Matrix4())).toBe(true);
  });
  it("is dropped on a near class, but in space when the hand points at a class far away", () => {
    for (const [away, call] of [
      [0.6, "anchor"],
      [0.2, "label"],
    ] as const) {
      room = new Room();
      room.annotate();
      grab(room.right);
      const { x, y, z } = room.tile("class", 2);
      room.right.at(x, y, z + away);
      room.right.rayDirection.set(0, 0, -1);
      room.frames(2);
      expect(room.controls.pointing.tile?.action.kind).toBe(call === "label" ? "class" : undefined);
      room.controls.unsqueeze(room.right);
      expect(room.calls.map(([name]) => name).filter((name) => name !== "drag")).toEqual([call]);
    }
  });
  it("freezes all points when it is not dragged in the model", () => {
    grab(room.right); // the client is read-only
    expect(room.state.latent.frozen).toBe(true);
    room.controls.squeeze(room.left);
    expect(room.state.latent.frozen).toBe(true);
    room.controls.unsqueeze(room.left);
    room.controls.unsqueeze(room.right);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("of many items is dragged and pinned by one motion of all items", () => {
    room.annotate();
    const items = Uint32Array.from({ length: MOST_LISTED + 1 }, (_, k) => k % 5);
    room.state.selection.value = { items, regions: [], tool: "brush", revision: 7 };
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    room.right.at(0, 0.9, 0.3);
    room.frames(9);
    room.controls.unsqueeze(room.right);
    const names = room.calls.map(([name]) => name);
    expect(new Set(names.slice(0, -2))).toEqual(new Set(["dragMany"]));
    expect(names.slice(-2)).toEqual(["anchorMany", "drag"]);
    const [, dragged, motion, keep] = room.calls.at(-2) as [string, Dragged, Motion, boolean];
    expect([dragged.items, keep]).toEqual([items, true]);
    // The motion must be the same as for a few items, for which the command lists the targets.
    const place = (k: number) => Array.from(dragged.start.slice(3 * k, 3 * k + 3));
    const target = (k: number) =>
      [0, 1, 2].map((row) =>
        place(k).reduce(
          (sum, at, axis) => sum + at * motion[4 * row + axis]!,
          motion[4 * row + 3]!,
        ),
      );
    room.state.selection.value = { ...room.state.selection.value, items: items.slice(0, 5) };
    room.frames(60);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    room.right.at(0, 0.9, 0.3);
    room.frames(9);
    room.controls.unsqueeze(room.right);
    const [name, , targets] = room.calls.at(-2) as [string, Uint32Array, number[][]];
    expect(name).toBe("anchor");
    for (let k = 0; k < 5; k++)
      for (let axis = 0; axis < 3; axis++)
        expect(targets[k]![axis]).toBeCloseTo(target(k)[axis]!, 3);
  });
  it("is sent less often if it has more items", () => {
    room.annotate();
    const items = new Uint32Array(MOST_LISTED);
    room.state.selection.value = { items, regions: [], tool: "brush", revision: 7 };
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    const before = room.now;
    room.frames(100);
    const drags = room.calls.filter(([name]) => name === "drag");
    const items_ms = (drags.length * MOST_LISTED) / (room.now - before);
    expect(drags.length).toBeGreaterThan(2);
    expect(items_ms).toBeLessThan(65);
    expect(drags[0]?.[2]).toBe(drags[1]?.[2]); // drags reuse one array
    room.right.at(-0.3, 0.9, 0.3);
    room.frames(1);
    room.controls.unsqueeze(room.right);
    // The `anchor` command must have an array of its own, which later drags do not change.
    const [, , targets] = room.calls.at(-2) as [string, Uint32Array, number[][]];
    expect(room.calls.at(-2)?.[0]).toBe("anchor");
    const y = targets[0]?.[1];
    grab(room.right);
    room.right.at(0.4, -0.3, 0.3);
    room.frames(5);
    expect(targets[0]?.[1]).toBe(y);
  });
  it("returns after a small motion, and ends the drag", () => {
    room.annotate();
    grab(room.right);
    room.frames(3);
    room.controls.unsqueeze(room.right);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    expect(room.calls.some(([name]) => name === "anchor")).toBe(false);
  });
  it.each([
    ["on a view-only device", () => {}],
    [
      "at an earlier moment",
      () => {
        room.annotate();
        room.state.time.live.value = false;
      },
    ],
  ])("is not dragged in the model %s", (_, begin) => {
    begin();
    grab(room.right);
    room.right.at(0, 0.9, 0.3);
    room.frames(5);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([]);
  });
  it("is not dropped on other tiles", () => {
    grab(room.right);
    const { x, y, z } = room.tile("undo");
    room.right.at(x, y, z + 0.03);
    room.frames(2);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([]);
  });
  it("returns when the hand is lost or disconnected, or when VR is hidden", () => {
    grab(room.right);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(10);
    expect(room.controls.holding).toBe(true); // the hand is out of sight, but not yet lost
    room.frames(20);
    expect(room.controls.holding).toBe(false);
    expect(room.state.xr.message.value).toMatch(
      /right controller was lost from view: the cluster returned to its place/,
    );
    room.right.appear();
    grab(room.right);
    room.controls.disconnected(room.right);
    room.right.disconnect();
    expect(room.controls.holding).toBe(false);
    room.right.appear();
    grab(room.right);
    room.controls.endAll();
    expect(room.controls.holding).toBe(false);
    expect(room.state.latent.frozen).toBe(false);
    expect(room.calls).toEqual([]);
  });
});
