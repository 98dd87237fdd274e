/** Motion of a hull: counts while it moves, then one change of the rule, or none. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RuleInfo, SessionInfo } from "../../src/protocol/messages.js";
import { AppState } from "../../src/state/app-state.js";
import type { Commands, RuleCommands } from "../../src/state/commands.js";
import { HullMove } from "../../src/state/hull-move.js";
import { moveText } from "../../src/state/rule-text.js";

const rule = { rule: 4, kind: "region", name: "oaks", on: true, changed_at: 1 } as RuleInfo;
const motion = (x: number) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, 0, 0, 1];
const items = (n: number) => Uint32Array.from({ length: n }, (_, k) => k);

let state: AppState;
let move: HullMove;
let shown: (ArrayLike<number> | null)[];
let inside: number;
let accept: boolean;
let loaded: Record<"previewMove" | "remake" | "endPreview", ReturnType<typeof vi.fn>>;

const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  state = new AppState();
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.rules.setList([rule]);
  [shown, inside, accept] = [[], 30, true];
  const withRules: Commands["withRules"] = (run) => run(loaded as unknown as RuleCommands);
  move = new HullMove(state, { withRules });
  state.rules.hulls = {
    motion: move,
    moved: 0,
    along: () => 0,
    beside: () => 0,
    middleOf: () => ({ x: 0, y: 0, z: 0 }),
    move: (_, to) => void shown.push(to),
    insideOf: () => items(inside),
  };
  loaded = {
    previewMove: vi.fn(async () => {}),
    remake: vi.fn(async () => {
      if (accept) state.rules.setList([{ ...rule, changed_at: 2 }]);
      return accept;
    }),
    endPreview: vi.fn(() => {
      state.rules.moved.value = null;
    }),
  };
});

afterEach(() => vi.useRealTimers());

it("counts the items inside, asks now and then, and makes the rule again", async () => {
  expect(move.begin(4)).toBe(true);
  expect(state.latent.frozen).toBe(true);
  for (let now = 0; now <= 250; now += 10) move.to(motion(now), now);
  expect(shown).toHaveLength(26);
  expect(loaded.previewMove).toHaveBeenCalledTimes(2);
  expect(moveText(state.rules.moved.value!)).toBe("30 items in the hull");
  inside = 25;
  expect(move.end()).toBe(25);
  expect(state.latent.frozen).toBe(false);
  expect(loaded.remake).toHaveBeenCalledWith(4, items(25));
  await settled();
  // The hull stays where it was released until its new items arrive.
  expect(shown.at(-1)).not.toBeNull();
  expect(state.rules.moved.value).toBeNull();
});

it("counts and asks after the last motion, but not after the end", () => {
  vi.useFakeTimers();
  const seen = () => [state.rules.moved.value?.inside.length, loaded.previewMove.mock.calls.length];
  move.begin(4);
  move.to(motion(0), 0);
  inside = 25;
  move.to(motion(1), 10);
  expect(seen()).toEqual([30, 1]);
  vi.advanceTimersByTime(50);
  expect(seen()).toEqual([25, 1]);
  vi.advanceTimersByTime(140);
  expect(seen()).toEqual([25, 2]);
  move.to(motion(2), 300);
  move.to(motion(3), 310);
  move.cancel();
  vi.advanceTimersByTime(1000);
  expect(seen()).toEqual([undefined, 2]);
});

it.each([
  ["deleted", () => state.rules.setList([])],
  ["switched off", () => state.rules.setList([{ ...rule, on: false }])],
])("ends when the rule is %s by somebody else", (_, change) => {
  move.begin(4);
  move.to(motion(1), 0);
  change();
  expect([move.active, state.latent.frozen, state.rules.moved.value]).toEqual([false, false, null]);
  expect(shown.at(-1)).toBeNull();
  expect(move.end()).toBe("unmoved");
});

it("returns the hull if the server refuses, or if too few items are inside", async () => {
  accept = false;
  move.begin(4);
  move.to(motion(1), 0);
  move.end();
  await settled();
  expect(shown.at(-1)).toBeNull();
  shown = [];
  move.begin(4);
  inside = 1;
  move.to(motion(1), 1000);
  expect(moveText(state.rules.moved.value!)).toBe("1 item in the hull: too few for a rule");
  expect(move.end()).toBe("few");
  expect(shown.at(-1)).toBeNull();
  expect(loaded.remake).toHaveBeenCalledTimes(1);
});

it("changes nothing when it is cancelled, or was not moved", () => {
  move.begin(4);
  expect(move.end()).toBe("unmoved");
  move.begin(4);
  move.to(motion(1), 0);
  move.cancel();
  expect([move.active, state.latent.frozen, state.rules.moved.value]).toEqual([false, false, null]);
  expect(loaded.remake).not.toHaveBeenCalled();
});

it("keeps what is shown of the next motion when the answer to the last arrives", async () => {
  move.begin(4);
  move.to(motion(1), 0);
  move.end();
  move.begin(4);
  move.to(motion(2), 500);
  await settled();
  expect(loaded.endPreview).not.toHaveBeenCalled();
  state.rules.hulls = { ...state.rules.hulls!, moved: 4 };
  move.cancel();
  expect(move.begin(4)).toBe(false); // the hull waits for its new items
});

it("moves only regions that are on, by people who may change them, now", () => {
  for (const change of [{ kind: "query" }, { on: false }, { rule: 5 }]) {
    state.rules.setList([{ ...rule, ...change } as RuleInfo]);
    expect(move.begin(4)).toBe(false);
  }
  state.rules.setList([rule]);
  state.time.live.value = false;
  expect(move.begin(4)).toBe(false);
  state.time.live.value = true;
  state.session.value = { read_only: false, role: "viewer" } as SessionInfo;
  expect(move.begin(4)).toBe(false);
});

it("ends when another scene arrives, whose box can have another size", () => {
  move.begin(4);
  move.to(motion(0.1), 0);
  state.sceneVersion.value += 1;
  expect(move.active).toBe(false);
  expect(state.latent.frozen).toBe(false);
  expect(shown.at(-1)).toBe(null);
});

it.each([
  ["is cancelled", () => move.cancel()],
  ["is released", () => move.end()],
  ["loses its rule", () => state.rules.setList([])],
])("keeps the points still for a gesture that goes on when it %s", (_, ends) => {
  state.latent.freezing.add("gesture");
  move.begin(4);
  move.to(motion(1), 0);
  ends();
  expect([move.active, state.latent.frozen]).toEqual([false, true]);
  state.latent.freezing.delete("gesture");
  expect(state.latent.frozen).toBe(false);
});
