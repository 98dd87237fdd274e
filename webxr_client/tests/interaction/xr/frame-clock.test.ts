import { describe, expect, it } from "vitest";
import { FrameClock } from "../../../src/interaction/xr/frame-clock.js";

/** A clock after frames that began at `times` (ms) and took 1 ms of work each. */
function clockOf(...times: number[]): FrameClock {
  const clock = new FrameClock();
  for (const time of times) {
    clock.begin(time);
    clock.end(time + 1, 8);
  }
  return clock;
}

describe("the time of a frame", () => {
  it("is unknown before the second frame", () => {
    expect(clockOf(500).figures()).toMatchObject({
      frameMs: 0,
      frameMs95: 0,
      scriptMs: 1,
      drawCalls: 8,
    });
  });

  it("leaves out the first frame, which has no previous one", () => {
    expect(clockOf(500, 514).figures()).toMatchObject({ frameMs: 14, frameMs95: 14, scriptMs: 1 });
  });

  it("is that of the last frames", () => {
    const times = Array.from({ length: 1000 }, (_, k) =>
      k < 600 ? k * 50 : 30_000 + (k - 600) * 10,
    );
    expect(clockOf(...times).figures()).toMatchObject({ frameMs: 10, frameMs95: 10, scriptMs: 1 });
  });
});
