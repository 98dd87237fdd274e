/** When a lost view is built again, with fake timers and a fake graphics processor. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RESTORE_MS, ViewKeeper } from "../../src/scene/view-keeper.js";
import type { ViewState } from "../../src/state/view-state.js";

const FULL = "no memory is left";
/** Answer of each attempt to build the view, by default success. */
let answers: string[];
let built: number;
let left: number;
let visible: boolean;
let shown: [ViewState, boolean][];
let keeper: ViewKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  built = left = 0;
  visible = true;
  shown = [];
  keeper = new ViewKeeper({
    build: () => {
      built++;
      return answers.shift() ?? "";
    },
    leaveVr: async () => {
      left++;
    },
    show: (view, again) => shown.push([view, again]),
    now: () => Date.now(),
    visible: () => visible,
  });
});
afterEach(() => vi.useRealTimers());

const last = () => shown.at(-1);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a view that is lost", () => {
  it("is built again after the browser has had time to restore it", async () => {
    keeper.start();
    expect(last()).toEqual([{ status: "shown" }, false]);
    keeper.lost();
    expect(last()).toEqual([{ status: "lost" }, false]);
    await pass(RESTORE_MS - 1);
    expect(built).toBe(1);
    await pass(1);
    expect([built, left, last()]).toEqual([2, 1, [{ status: "shown" }, true]]);
  });
  it("is not built again when the browser restores it", async () => {
    keeper.start();
    keeper.lost();
    keeper.restored();
    await pass(60_000);
    expect([built, left, last()]).toEqual([1, 0, [{ status: "shown" }, true]]);
  });
  it("is built when the user returns to a page in the background", async () => {
    keeper.start();
    visible = false;
    keeper.lost();
    await pass(600_000);
    expect(built).toBe(1);
    visible = true;
    keeper.returned();
    await pass(0);
    expect([built, last()]).toEqual([2, [{ status: "shown" }, true]]);
    keeper.returned();
    await pass(0);
    expect(built).toBe(2);
  });
  it("is built only on request after the fourth loss within a minute", async () => {
    keeper.start();
    for (let k = 0; k < 4; k++) {
      keeper.lost();
      await pass(2 * RESTORE_MS);
    }
    const view = last()![0] as { status: string; retries: boolean };
    expect([built, view.status, view.retries]).toEqual([4, "failed", false]);
    await pass(600_000);
    expect(built).toBe(4);
    keeper.again();
    await pass(0);
    expect([built, last()]).toEqual([5, [{ status: "shown" }, true]]);
  });
  it("is built each time when it is lost once per minute", async () => {
    keeper.start();
    for (let k = 0; k < 9; k++) {
      keeper.lost();
      await pass(60_000);
    }
    expect([built, last()]).toEqual([10, [{ status: "shown" }, true]]);
  });
});

describe("a view that cannot be built", () => {
  it("is tried again, after longer and longer waits", async () => {
    answers = [FULL, FULL, FULL];
    keeper.start();
    expect(last()).toEqual([{ status: "failed", reason: FULL, retries: true }, false]);
    await pass(2000);
    expect(built).toBe(2);
    await pass(3999);
    expect(built).toBe(2);
    await pass(1);
    expect(built).toBe(3);
    await pass(8000);
    // The first view is not announced as one that was lost before.
    expect([built, last()]).toEqual([4, [{ status: "shown" }, false]]);
  });
  it("is built at once on request", async () => {
    answers = [FULL];
    keeper.start();
    keeper.again();
    await pass(0);
    expect([built, last()]).toEqual([2, [{ status: "shown" }, false]]);
  });
});
