import { describe, expect, it } from "vitest";
import { FrameQuality, LEVELS } from "../../../src/interaction/xr/frame-quality.js";

const PERIOD = 1000 / 72;

/**
 * A FrameQuality, and a function that simulates frames for some seconds and returns the levels
 * seen.
 */
function drawn() {
  const quality = new FrameQuality();
  let now = 5000;
  const draw = (seconds: number, gap: (frame: number) => number) => {
    const seen = [quality.index];
    const end = now + 1000 * seconds;
    for (let k = 0; now < end; k++) {
      now += gap(k);
      const changed = quality.frame(now, PERIOD);
      expect(changed).toBe(quality.index !== seen.at(-1));
      if (changed) seen.push(quality.index);
    }
    return seen;
  };
  return { quality, draw, pause: () => (now += 60_000) };
}
const steady = () => PERIOD;
const missed = () => 2 * PERIOD;

describe("the quality of the picture", () => {
  it("stays at the best level while frames are in time", () => {
    expect(drawn().draw(60, steady)).toEqual([0]);
  });

  it("stays while fewer than half of the frames are late", () => {
    expect(drawn().draw(30, (k) => (k % 5 < 2 ? 2 : 1) * PERIOD)).toEqual([0]);
  });

  it("stays while frames come late by less than half a period", () => {
    expect(drawn().draw(30, (k) => (k % 2 ? 0.6 : 1.4) * PERIOD)).toEqual([0]);
    expect(drawn().draw(3, () => 1.4 * PERIOD)).toEqual([0]);
  });

  it("falls by one level per second of late frames, in the order of the levels", () => {
    const { quality, draw } = drawn();
    expect(draw(1.1, missed)).toEqual([0, 1]);
    expect(quality.level.foveation).toBe(1);
    expect(quality.level.largest).toBe(LEVELS[0]!.largest);
    const last = LEVELS.length - 1;
    expect(draw(20, missed)).toEqual(Array.from({ length: last }, (_, k) => k + 1));
    expect(draw(5, () => 40 * PERIOD)).toEqual([last]);
  });

  it("is adapted to a display with another rate", () => {
    const quality = new FrameQuality();
    let changes = 0;
    for (let k = 0; k < 3000; k++) changes += quality.frame(k * (1000 / 60), 1000 / 60) ? 1 : 0;
    expect(changes).toBe(0);
  });

  it("rises by one level per 10 s without late frames", () => {
    const { draw } = drawn();
    draw(3.2, missed);
    expect(draw(9, steady)).toEqual([3]);
    expect(draw(3, steady)).toEqual([3, 2]);
    expect(draw(30, steady)).toEqual([2, 1, 0]);
  });

  it("waits longer before it tries a level again that was too slow", () => {
    const { draw, quality } = drawn();
    // In this test, level 0 is too slow, and level 1 is fast enough.
    const seen = draw(200, () => (quality.index === 0 ? 2 : 1) * PERIOD);
    // Level 0 must be tried again after 10, 20, 40 and 80 s.
    expect(seen.filter((level) => level === 0).length).toBe(5);
    expect(quality.index).toBeLessThan(2);
  });

  it("does not count a pause of the session as a late frame, nor as calm", () => {
    const { draw, pause } = drawn();
    draw(2.1, missed);
    for (let k = 0; k < 5; k++) {
      pause();
      expect(draw(3, steady)).toEqual([2]);
    }
  });
});

describe("LEVELS", () => {
  it("cost less and less", () => {
    for (let k = 1; k < LEVELS.length; k++) {
      const [before, level] = [LEVELS[k - 1]!, LEVELS[k]!];
      expect(level.foveation).toBeGreaterThanOrEqual(before.foveation);
      const cost = level.largest ** 2 * level.share;
      expect(cost).toBeLessThanOrEqual(before.largest ** 2 * before.share);
      expect(level).not.toEqual(before);
    }
  });
});
