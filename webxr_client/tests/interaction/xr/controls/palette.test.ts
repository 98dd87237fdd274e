/** The tiles of the palette, by touch and by ray. */
import { beforeEach, describe, expect, it } from "vitest";
import { freeName } from "../../../../src/interaction/xr/naming/class-namer.js";
import type { Settings, Tick, Timeline, Training } from "../../../../src/protocol/messages.js";
import { overwriteText } from "../../../../src/state/overwritten.js";
import { allocations } from "../allocations.js";
import { COUNT, LEFT_HEAP, PALETTE, RIGHT_HEAP, Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("the palette", () => {
  it("labels the selection once per touch, and shows a message without a selection", () => {
    room.touch(room.right, "class", 1);
    expect(room.calls).toEqual([]);
    expect(room.state.xr.message.value).toMatch(/Nothing is selected/);
    room.paint(room.right, LEFT_HEAP);
    expect(room.state.xr.message.value).toBe("");
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    room.right.at(x, y, z - 0.01);
    room.frames(20);
    expect(room.calls).toEqual([["label", 1]]);
  });
  it("gives no firm pulse when nothing was labelled, and explains a view-only device", () => {
    for (const viewOnly of [true, false]) {
      room = new Room();
      if (!viewOnly) room.annotate();
      room.paint(room.right, LEFT_HEAP);
      room.right.pulses.length = 0;
      room.accepts = false;
      room.touch(room.right, "class", 1);
      expect(room.calls).toEqual([["label", 1]]);
      expect(Math.max(...room.right.pulses)).toBeLessThan(0.5);
      if (viewOnly) expect(room.state.xr.message.value).toMatch(/can only view/);
    }
  });
  it("ignores a touch from behind", () => {
    room.paint(room.right, LEFT_HEAP);
    const { x, y, z } = room.tile("class", 1);
    for (const away of [-0.2, -0.03, 0, -0.03]) {
      room.right.at(x, y, z + away);
      room.frames(1);
    }
    expect(room.calls).toEqual([]);
  });
  it("is pressed by a ray from far away, which paints nothing", () => {
    room.paint(room.right, LEFT_HEAP);
    const target = room.tile("class", 0);
    room.right.at(0.1, 0.1, -1);
    room.right.rayDirection.copy(target).sub(room.right.rayOrigin).normalize();
    room.frames(6); // after these frames, a query has found no item in the brush
    expect(room.controls.pointing.mode).toBe("ray");
    const before = room.right.pulses.length;
    room.press(room.right);
    room.release(room.right);
    expect(room.calls).toEqual([["label", 0]]);
    expect(room.right.pulses.length).toBeGreaterThan(before);
  });
  it("ignores the ray of a hand at points, unless the palette is near", () => {
    room.paint(room.right, RIGHT_HEAP);
    const labels = (z: number) => {
      const where = PALETTE.clone();
      const target = room.tile("class", 0);
      PALETTE.setPosition(LEFT_HEAP[0] - target.x, LEFT_HEAP[1] - target.y, z);
      room.right.at(...LEFT_HEAP);
      room.right.rayDirection.set(0, 0, -1);
      room.frames(6);
      const { mode } = room.controls.pointing;
      room.press(room.right);
      const painted = room.controls.stroke.active;
      room.release(room.right);
      PALETTE.copy(where);
      return { mode, painted, calls: room.calls.splice(0) };
    };
    expect(labels(-0.8)).toEqual({ mode: null, painted: true, calls: [] });
    expect(room.selected).toBeGreaterThan(1.8 * COUNT); // the stroke added items
    expect(labels(-0.3)).toEqual({ mode: "ray", painted: false, calls: [["label", 0]] });
  });
  it.each([
    ["classes", "undo", ["undo"]],
    ["menu", "redo", ["redo"]],
    ["menu", "next", ["next"]],
    ["menu", "clear", ["clearSelection"]],
  ] as const)("runs the command of its tile on the side of %s: %s", (side, kind, call) => {
    if (side !== "classes") room.touch(room.right, side);
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
  it("shows how many labels a touch would replace before a touch, and after it", () => {
    room.annotate();
    room.paint(room.right, LEFT_HEAP);
    const items = room.state.selection.value.items;
    const { annotations, xr } = room.state;
    for (const item of items.slice(0, 7)) annotations.labels[item] = 2;
    for (const item of items.slice(7, 20)) annotations.labels[item] = 1;
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    expect(xr.aimed.value).toBe(1);
    expect(overwriteText(room.state, 1)).toBe(`7 of ${items.length} have another label`);
    expect(overwriteText(room.state, 2)).toBe(`13 of ${items.length} have another label`);
    room.touch(room.right, "class", 1);
    expect(xr.message.value).toMatch(/^7 of \d+ had another label and are 1 now. Undo restores/);
    room.right.at(0.6, 0.3, 0.3);
    room.frames(1);
    expect(xr.aimed.value).toBe(-1);
  });
  it("makes the brush larger and smaller", () => {
    room.touch(room.right, "menu");
    const before = room.state.xr.radius.value;
    room.touch(room.right, "larger");
    expect(room.state.xr.radius.value).toBeGreaterThan(before);
    room.touch(room.right, "smaller");
    expect(room.state.xr.radius.value).toBeCloseTo(before, 9);
  });
  it("changes the reach of clusters by tiles, because hands have no stick", () => {
    room.touch(room.right, "menu");
    room.touch(room.right, "cluster");
    const { radius, density } = room.state.xr;
    const [before, size] = [density.value, radius.value];
    room.touch(room.right, "larger");
    expect(density.value).toBeLessThan(before);
    room.touch(room.right, "smaller");
    expect(density.value).toBeCloseTo(before, 9);
    expect(radius.value).toBe(size);
  });
});

describe("time on the palette", () => {
  beforeEach(() => {
    room.touch(room.right, "menu");
    room.touch(room.right, "time");
    room.calls.length = 0;
    room.state.time.timeline.value = {
      moments: 101,
      end: 0,
      keyframes: { moment: [], time: [], offset: [] },
      ticks: [],
      curves: { moment: [], values: {} },
    };
  });
  it("goes to the touched moment, once", () => {
    const { x, y } = room.tile("scrub");
    room.right.at(x, y, room.tile("scrub").z + 0.05);
    room.frames(1);
    room.right.at(x, y, room.tile("scrub").z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 50]]);
    room.state.time.live.value = false;
    room.state.time.moment.value = 50;
    room.frames(3);
    expect(room.calls).toHaveLength(1);
    room.right.at(x - 0.1, y, room.tile("scrub").z - 0.002);
    room.frames(1);
    expect(room.calls[1]?.[0]).toBe("goTo");
    expect(room.calls[1]?.[1]).toBeLessThan(10);
  });
  it("searches the marks of many gestures in every frame without allocating", () => {
    const timeline = room.state.time.timeline.value as Timeline;
    const ticks = Array.from({ length: 500 }, () => ({ moment: 10, event: "made" }) as Tick);
    room.state.time.timeline.value = { ...timeline, ticks };
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 50]]);
    room.state.time.live.value = false;
    room.state.time.moment.value = 50;
    expect(allocations(() => room.controls.frame(room.now, 0.01), 128)).toEqual([]);
    expect(room.calls).toHaveLength(1);
  });
  it("snaps to a gesture's mark nearby", () => {
    const timeline = room.state.time.timeline.value as Timeline;
    room.state.time.timeline.value = {
      ...timeline,
      ticks: [{ moment: 51, event: "made" } as Tick],
    };
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 51]]);
  });
  it("scrubs with the ray while the trigger is held", () => {
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z + 0.5);
    room.right.rayDirection.copy(room.tile("scrub")).sub(room.right.rayOrigin).normalize();
    room.frames(1);
    room.press(room.right);
    room.frames(2);
    expect(room.calls.every(([name]) => name === "goTo")).toBe(true);
    expect(room.calls.length).toBeGreaterThan(0);
    room.release(room.right);
    const count = room.calls.length;
    room.right.at(x - 0.05, y, z + 0.5);
    room.frames(2);
    expect(room.calls).toHaveLength(count);
  });
  it.each([
    ["before", ["step", -1]],
    ["after", ["step", 1]],
    ["play", ["play"]],
    ["live", ["live"]],
    ["pause", ["pause"]],
  ])("%s runs its command", (kind, call) => {
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
});

describe("force on the palette", () => {
  const openForce = () => {
    room.touch(room.right, "menu");
    room.touch(room.right, "force");
    room.calls.length = 0;
  };
  it("removes all pins", () => {
    openForce();
    room.touch(room.right, "unpin");
    expect(room.calls).toEqual([["unpin", []]]);
  });
  it("offers a fix after a collapse", () => {
    room.fixable = true;
    openForce();
    const fix = { beta_kl: 3 } as Settings;
    room.state.notices.value = [
      { op: "notice", topic: "collapse", code: "collapse", message: "", mend: fix },
    ];
    room.calls.length = 0;
    room.touch(room.right, "fix");
    expect(room.calls).toEqual([["setSettings", fix]]);
  });
  it("turns dials in small steps within their range", () => {
    openForce();
    const settings = { stiffness: 0.95, preset: "default" } as Settings;
    room.state.training.value = { state: "running", settings } as Training;
    room.touch(room.right, "stiffer");
    room.touch(room.right, "softer");
    room.touch(room.right, "preset");
    expect(room.calls).toEqual([
      ["setSettings", { stiffness: 1 }],
      ["setSettings", { stiffness: 0.85 }],
      ["setSettings", { preset: "calm" }],
    ]);
  });
});

describe("review on the palette", () => {
  beforeEach(() => {
    room.touch(room.right, "menu");
    room.touch(room.right, "review");
    room.calls.length = 0;
  });
  it.each([
    ["suspects", ["openSheet", "suspects"]],
    ["uncertain", ["openSheet", "uncertain"]],
    ["next", ["next"]],
    ["grow", ["grow"]],
    ["similar", ["moreLike"]],
    ["accept", ["accept"]],
    ["undo", ["undo"]],
  ])("%s runs its command", (kind, call) => {
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
  it("goes back to the classes", () => {
    room.touch(room.right, "back");
    expect(room.side).toBe("classes");
  });
  it("steps through the cues, then back to labels and points of even size", () => {
    const seen = Array.from({ length: 5 }, () => {
      room.touch(room.right, "colour");
      room.touch(room.right, "size");
      return [room.state.colourBy.value, room.state.review.sizeBy.value];
    });
    expect(seen.map(([colour]) => colour)).toEqual([
      "uncertainty",
      "density",
      "diversity",
      "coverage",
      "label",
    ]);
    expect(seen[4]).toEqual(["label", "even"]);
    room.state.colourBy.value = "confidence";
    room.touch(room.right, "colour");
    expect(room.state.colourBy.value).toBe("uncertainty");
  });
  it("gives a firm pulse only when predictions were accepted", () => {
    for (const accepts of [true, false]) {
      room.accepts = accepts;
      room.right.pulses.length = 0;
      room.touch(room.right, "accept");
      expect(room.right.pulses.some((strength) => strength > 0.8)).toBe(accepts);
    }
    expect(room.calls).toEqual([["accept"], ["accept"]]);
  });
  it("changes the least confidence between 50 % and 99 %", () => {
    const { acceptFrom } = room.state.review;
    room.touch(room.right, "surer");
    expect(acceptFrom.value).toBe(0.97);
    for (let k = 0; k < 9; k++) room.touch(room.right, "surer");
    expect(acceptFrom.value).toBe(0.99);
    for (let k = 0; k < 12; k++) room.touch(room.right, "bolder");
    expect(acceptFrom.value).toBe(0.5);
    acceptFrom.value = 0.93; // the slider of the page sets this value
    room.touch(room.right, "bolder");
    expect(acceptFrom.value).toBe(0.9);
  });
});

describe("the name of a new class", () => {
  it("is a number that is not the name of a class", () => {
    expect(freeName([])).toBe("0");
    expect(freeName(["cat", "2", "3"])).toBe("4");
  });
});
