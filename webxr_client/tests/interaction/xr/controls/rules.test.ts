/** Rules in VR: taken by their hulls, given to other classes, and scaled by two hands. */
import { Matrix4 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import type { RuleInfo, SessionInfo } from "../../../../src/protocol/messages.js";
import { NOTHING } from "../../../../src/state/app-state.js";
import type { Commands } from "../../../../src/state/commands.js";
import { HullMove } from "../../../../src/state/hull-move.js";
import type { Matched } from "../../../../src/state/rule-state.js";
import { LEFT_HEAP, Room } from "../fixtures.js";

const MATCHED: Matched = {
  items: new Uint32Array(30),
  chosen: 0,
  kept: 0,
  locked: 0,
  verified: 0,
  space: "vectors",
  problem: "",
};
const SPOT = [0.1, 0.4, 0.3] as const;

const OAKS = {
  rule: 5,
  name: "oaks",
  kind: "region",
  class_id: 0,
  reach: 1,
  on: true,
  changed_at: 5,
} as RuleInfo;

let room: Room;
/** Motions of the hull. */
let moves: (ArrayLike<number> | null)[];
/** Number of items in the hull. */
let inside: number;
/** Calls of commands about rules, without the other commands. */
const calls = () => {
  const found: [string, ...unknown[]][] = [];
  const rules = new Proxy(
    {},
    {
      get:
        (_, name: string) =>
        (...args: unknown[]) =>
          found.push([name, ...args]),
    },
  );
  for (const [name, run] of room.calls.splice(0))
    if (name === "withRules") (run as (rules: object) => void)(rules);
  return found;
};

/** Take rule 5 by the ray of the right hand. */
function take(): void {
  room.state.rules.hulls!.along = () => 5;
  room.right.at(...SPOT);
  room.frames(1);
  room.press(room.right);
}

beforeEach(() => {
  room = new Room();
  room.annotate();
  room.state.rules.setList([OAKS]);
  moves = [];
  const withRules: Commands["withRules"] = (run) => void room.calls.push(["withRules", run]);
  room.state.rules.hulls = {
    motion: new HullMove(room.state, { withRules }),
    moved: 0,
    middleOf: () => ({ x: 0, y: 0, z: 0 }),
    move: (_, motion) => void moves.push(motion && Array.from(motion)),
    insideOf: () => new Uint32Array(inside),
    along: () => 0,
    beside: () => 0,
  };
  inside = 40;
});

it("offers only the changes that are possible for the rule", () => {
  const said = () => {
    take();
    room.release(room.right);
    return room.state.xr.message.value;
  };
  expect(said()).toMatch(/touch its new class, move it, or pull with the other trigger\.$/);
  room.state.rules.setList([{ ...OAKS, kind: "query" }]);
  expect(said()).toMatch(/: touch its new class\.$/);
  room.state.session.value = { read_only: false, role: "viewer" } as SessionInfo;
  expect(said()).toMatch(/: you can only look at it\.$/);
});

it("gives a class to the rule that was taken, once", () => {
  take();
  expect(room.state.rules.chosen.value).toBe(5);
  room.release(room.right);
  room.touch(room.right, "class", 1);
  expect(calls()).toEqual([["edit", 5, { class_id: 1 }]]);
  room.touch(room.right, "class", 2);
  expect(calls()).toEqual([]);
  expect(room.state.xr.message.value).toContain("Nothing is selected");
});

it("states that the rule has the class already", () => {
  take();
  room.release(room.right);
  room.touch(room.right, "class", 0);
  expect(room.state.xr.message.value).toBe("The rule “oaks” votes for 0 already.");
  expect(calls()).toEqual([]);
});

it("forgets the rule when something is painted or labelled", () => {
  take();
  room.release(room.right);
  room.state.rules.hulls!.along = () => 0;
  room.paint(room.right, LEFT_HEAP);
  expect(room.state.rules.chosen.value).toBe(0);
  room.state.rules.chosen.value = 5; // a suggested region is selected without painting
  room.touch(room.right, "class", 1);
  room.touch(room.right, "class", 2);
  expect(calls()).toEqual([]);
});

it("asks for hulls that are 15 cm away in a room of any scale", () => {
  for (const scale of [0.2, 1, 5]) {
    room.world.makeScale(scale, scale, scale);
    const asked: number[] = [];
    room.state.rules.hulls!.along = (_, near) => asked.push(near) && 0;
    room.right.at(...SPOT);
    room.press(room.right);
    room.release(room.right);
    expect(asked).toEqual([0.15]);
  }
});

it("shows the preview of the held rule only, without a selection", () => {
  take();
  room.left.at(SPOT[0] - 0.1, SPOT[1], SPOT[2]);
  room.press(room.left);
  room.state.rules.reached.value = { ...MATCHED, rule: 6, reach: 2 };
  room.left.at(SPOT[0] - 0.2, SPOT[1], SPOT[2]);
  room.frames(10);
  expect(room.state.xr.message.value).toBe("");
  room.state.rules.reached.value = { ...MATCHED, rule: 5, reach: 2 };
  room.frames(10);
  expect(room.state.xr.message.value).toBe("Reach 2.00: 30 items");
  expect(calls()).toContainEqual(["previewReach", 5, 2]);
});

it("ends the preview if the hands are lost, or do not change the reach", () => {
  const left = () => room.left.at(SPOT[0] - 0.1, SPOT[1], SPOT[2]);
  take();
  left();
  room.press(room.left);
  room.frames(1);
  calls();
  room.release(room.left);
  expect(calls()).toEqual([["endPreview"]]);
  room.press(room.left);
  room.controls.cancel(room.left);
  expect(calls()).toContainEqual(["endPreview"]);
});

describe("a hull that the hand moves", () => {
  beforeEach(() => take());
  const carry = (x: number) => {
    room.right.at(SPOT[0] + x, SPOT[1], SPOT[2]);
    room.frames(5);
  };

  it("makes its rule again from the items inside, when it is released", () => {
    carry(0.02);
    expect(moves).toEqual([]);
    carry(0.2);
    expect(moves.at(-1)![12]).toBeCloseTo(0.2);
    expect(room.state.latent.frozen).toBe(true);
    expect(room.state.xr.message.value).toBe("40 items in the hull.");
    calls();
    inside = 38; // since the last count
    room.release(room.right);
    expect(calls()).toContainEqual(["remake", 5, new Uint32Array(38)]);
    expect(room.state.xr.message.value).toBe("The rule “oaks” is made again from 38 items.");
    expect(room.state.latent.frozen).toBe(false);
  });
  it("is scaled by the distance of the other hand", () => {
    carry(0.2);
    room.left.at(SPOT[0] + 0.1, SPOT[1], SPOT[2]);
    room.press(room.left);
    room.left.at(SPOT[0], SPOT[1], SPOT[2]);
    room.frames(2);
    const [size, , , , , , , , , , , , x] = Array.from(moves.at(-1)!);
    expect([size, x]).toEqual([expect.closeTo(2), expect.closeTo(0.2)]);
    room.release(room.left);
    carry(0.3);
    expect(moves.at(-1)![0]).toBeCloseTo(2);
    expect(calls().some(([name]) => name === "edit")).toBe(false);
  });
  it("returns to its place when it is given to a class, or the hand is lost", () => {
    carry(0.2);
    room.touch(room.right, "class", 1);
    room.release(room.right);
    expect(calls().map(([name]) => name)).not.toContain("remake");
    expect(moves.at(-1)).toBeNull();
    take();
    carry(0.2);
    room.controls.cancel(room.right);
    expect(moves.at(-1)).toBeNull();
    expect(calls().map(([name]) => name)).not.toContain("remake");
  });
  it("is let go when somebody deletes its rule", () => {
    carry(0.2);
    room.state.rules.setList([]);
    carry(0.3);
    expect(moves.at(-1)).toBeNull();
    expect(room.state.latent.frozen).toBe(false);
    expect(room.state.xr.message.value).toBe("The rule was deleted or switched off.");
    room.release(room.right);
    expect(calls().map(([name]) => name)).not.toContain("remake");
  });
  it.each([
    ["is released", () => room.release(room.right)],
    ["loses its rule", () => room.state.rules.setList([])],
    ["is given to a class", () => room.touch(room.right, "class", 1)],
  ])("leaves the points still when it %s while a hand holds the world", (_, ends) => {
    carry(0.2);
    room.controls.squeeze(room.left);
    ends();
    room.frames(3);
    expect(room.state.latent.frozen).toBe(true);
    room.controls.unsqueeze(room.left);
    expect(room.state.latent.frozen).toBe(false);
  });
});

describe("a bare hand", () => {
  const asked: [number, number][] = [];
  const NEAR = [0.05, 0.1, 0.3] as const;
  beforeEach(() => {
    const { hulls, list } = room.state.rules;
    room = new Room(true);
    room.annotate();
    room.state.rules.setList(list.value);
    asked.length = 0;
    const motion = new HullMove(room.state, {
      withRules: (run) => void room.calls.push(["withRules", run]),
    });
    room.state.rules.hulls = {
      ...hulls!,
      motion,
      beside: ({ x }, distance) => {
        asked.push([x, distance]);
        return 5;
      },
    };
    room.right.at(...NEAR);
    room.left.at(...NEAR);
    room.frames(1);
  });

  it.each(["right", "left"] as const)("takes a hull with the %s hand and scales it", (side) => {
    const [one, other] = side === "right" ? [room.right, room.left] : [room.left, room.right];
    room.press(one);
    expect(asked).toEqual([[NEAR[0], expect.closeTo(0.075)]]);
    expect(room.state.xr.message.value).toContain("move it, or pinch with the other hand, too.");
    room.frames(20);
    one.at(NEAR[0] + 0.2, NEAR[1], NEAR[2]);
    room.frames(1);
    expect(room.world.equals(new Matrix4())).toBe(true);
    other.at(NEAR[0] + 0.1, NEAR[1], NEAR[2]);
    room.press(other);
    other.at(NEAR[0], NEAR[1], NEAR[2]);
    room.frames(1);
    expect(moves.at(-1)![0]).toBeCloseTo(2);
    room.release(other);
    room.release(one);
    expect(calls()).toContainEqual(["remake", 5, new Uint32Array(40)]);
  });
  it("grabs the world while items are selected, or the other hand pinches", () => {
    room.paint(room.right, LEFT_HEAP);
    room.right.at(...NEAR);
    room.press(room.right);
    expect(asked).toEqual([]);
    room.release(room.right);
    room.state.selection.value = NOTHING;
    room.state.rules.hulls!.beside = ({ x }) => (x < 0 ? 0 : 5);
    room.left.at(-0.2, 0.5, 0.3);
    room.press(room.left);
    room.press(room.right);
    room.frames(10);
    expect(room.controls.grasps.world.holds(room.right)).toBe(true);
    expect(room.state.rules.chosen.value).toBe(0);
  });
});
