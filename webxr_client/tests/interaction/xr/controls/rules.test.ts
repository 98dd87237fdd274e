/** Rules in VR: taken by their hulls, given to other classes, and scaled by two hands. */
import { beforeEach, describe, expect, it } from "vitest";
import type { RuleInfo } from "../../../../src/protocol/messages.js";
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

let room: Room;
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
  room.state.rules.along = () => 5;
  room.right.at(...SPOT);
  room.frames(1);
  room.press(room.right);
}

beforeEach(() => {
  room = new Room();
  room.annotate();
  const rule = { rule: 5, name: "oaks", kind: "region", class_id: 0, reach: 1, changed_at: 5 };
  room.state.rules.setList([rule as RuleInfo]);
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
  room.state.rules.along = () => 0;
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
    room.state.rules.along = (_, near) => asked.push(near) && 0;
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
  let moves: (ArrayLike<number> | null)[];
  beforeEach(() => {
    moves = [];
    const rule = { rule: 5, name: "oaks", kind: "region", class_id: 0, on: true, changed_at: 5 };
    room.state.rules.setList([rule as RuleInfo]);
    const withRules: Commands["withRules"] = (run) => void room.calls.push(["withRules", run]);
    room.state.rules.hulls = {
      motion: new HullMove(room.state, { withRules }),
      middleOf: () => ({ x: 0, y: 0, z: 0 }),
      move: (_, motion) => void moves.push(motion && Array.from(motion)),
      insideOf: () => new Uint32Array(40),
    };
    take();
  });
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
    room.release(room.right);
    expect(calls()).toContainEqual(["remake", 5, new Uint32Array(40)]);
    expect(room.state.xr.message.value).toBe("The rule “oaks” is made again from 40 items.");
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
});
