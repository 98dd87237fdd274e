/** Late frames with `?bench`, and the kinds of work that are recorded for each late frame. */
import { beforeEach, describe, expect, it } from "vitest";
import { BenchClock } from "../../../src/interaction/xr/bench-clock.js";
import type { Board } from "../../../src/scene/xr/boards/board.js";
import { AppState } from "../../../src/state/app-state.js";

const PERIOD = 10;

let state: AppState;
let clock: BenchClock;
let now: number;
const palette = { drawnAt: Number.NEGATIVE_INFINITY };
const brush = { queriedAt: Number.NEGATIVE_INFINITY };

/** A frame that begins `gap` ms after the previous frame, with 2 ms of script and some work. */
function frame(gap: number, work = () => {}): void {
  now += gap;
  clock.begin(now);
  work();
  clock.end(now + 2, 8);
}

beforeEach(() => {
  state = new AppState();
  palette.drawnAt = brush.queriedAt = Number.NEGATIVE_INFINITY;
  clock = new BenchClock(state, { boards: { palette: palette as Board }, brush });
  clock.setRate(1000 / PERIOD);
  now = 5000;
  frame(0);
});

describe("a frame", () => {
  it("is late from 1.5 periods on", () => {
    for (const gap of [10, 14.9, 15.1, 10, 40]) frame(gap);
    expect(clock.late).toBe(2);
    expect(clock.figures().late).toBe(2);
    expect(clock.latest().map(({ gap }) => Math.round(gap))).toEqual([15, 40]);
    expect(clock.latest()[0]?.at).toBeCloseTo(0.04);
    expect(clock.latest()[0]?.script).toBeCloseTo(2);
  });
  it("is late because of the work of the frame before it, and not because of older work", () => {
    frame(10, () => {
      palette.drawnAt = now;
    });
    frame(30);
    frame(10);
    frame(30);
    expect(clock.latest().map(({ work }) => work)).toEqual([["palette"], []]);
  });
  it("is late because of what arrived since the frame before it", () => {
    state.latent.version += 1;
    frame(30);
    expect(clock.latest()[0]?.work).toEqual(["keyframe"]);
    frame(10, () => {
      brush.queriedAt = now;
    });
    state.picturesVersion.value += 1;
    frame(30);
    expect(clock.latest()[1]?.work).toEqual(["pictures", "brush query"]);
  });
  it("is not late after a pause", () => {
    frame(1500);
    expect(clock.late).toBe(0);
    expect(clock.pauses).toBe(1);
    expect(clock.shown).toBe(0);
  });
});

it("keeps the latest late frames one by one, and counts all of them", () => {
  for (let k = 0; k < 100; k++) frame(20 + k);
  expect(clock.late).toBe(100);
  const gaps = clock.latest().map(({ gap }) => Math.round(gap));
  expect(gaps).toEqual(Array.from({ length: 24 }, (_, k) => 96 + k));
  expect(clock.byWork.at(-1)).toBe(100);
});

it("finds the period from the frames if the browser does not report it", () => {
  clock.setRate(0);
  for (let k = 0; k < 100; k++) frame(8);
  frame(13);
  expect(clock.late).toBe(1);
});
