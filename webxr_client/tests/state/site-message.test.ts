import { describe, expect, it } from "vitest";
import { readCommand } from "../../src/state/site-message.js";
import { TimeState } from "../../src/state/time-state.js";

describe("a message of the page around a site", () => {
  it("plays, pauses, shows a moment and asks", () => {
    expect(readCommand({ lodespace: "play", speed: 2 })).toEqual({ lodespace: "play", speed: 2 });
    expect(readCommand({ lodespace: "pause", more: 1 })).toEqual({ lodespace: "pause" });
    expect(readCommand({ lodespace: "ask" })).toEqual({ lodespace: "ask" });
    expect(readCommand({ lodespace: "seek", progress: 7 })).toEqual({
      lodespace: "seek",
      progress: 1,
      time: undefined,
    });
  });
  it("is ignored if it is another message", () => {
    for (const data of [null, "play", 3, [], {}, { lodespace: "label" }, { lodespace: "seek" }])
      expect(readCommand(data)).toBeNull();
    for (const time of ["3", Number.NaN, Number.POSITIVE_INFINITY, {}])
      expect(readCommand({ lodespace: "seek", time })).toBeNull();
    expect(readCommand({ lodespace: "play", speed: 1000 })).toEqual({
      lodespace: "play",
      speed: undefined,
    });
  });
});

describe("the moment of a time", () => {
  it("is a recorded frame, or null at the end", () => {
    const time = new TimeState();
    time.timeline.value = {
      moments: 121,
      end: 0,
      keyframes: { moment: [], time: [], offset: [] },
      ticks: [],
      curves: { moment: [], values: {} },
    };
    expect(time.momentAt({ time: 6.04 })).toBe(60);
    expect(time.momentAt({ progress: 0.25 })).toBe(30);
    expect(time.momentAt({ time: 12 })).toBeNull();
    expect(time.momentAt({ progress: 1 })).toBeNull();
    expect(time.momentAt({})).toBe(0);
  });
});
