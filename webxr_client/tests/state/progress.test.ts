/** The curve of labelled items over the recording. */
import { expect, it } from "vitest";
import type { Tick, Timeline } from "../../src/protocol/messages.js";
import { progressCurve } from "../../src/state/progress.js";

const tick = (moment: number, count: number, labelled: number | null) =>
  ({ moment, event: "made", gesture: { kind: "label", count }, labelled }) as Tick;
const timeline = (...ticks: Tick[]) => ({ moments: 11, ticks }) as Timeline;

it("rises at each gesture, and an undo lowers it", () => {
  const undone = { ...tick(8, 50, 25), event: "undone" } as Tick;
  expect(progressCurve(timeline(tick(2, 25, 25), tick(5, 50, 75), undone), 100)).toBe(
    [
      ["0.0", "96.0"],
      ["20.0", "96.0"],
      ["20.0", "73.0"],
      ["50.0", "73.0"],
      ["50.0", "27.0"],
      ["80.0", "27.0"],
      ["80.0", "73.0"],
      ["100.0", "73.0"],
    ]
      .map((point) => point.join())
      .join(" "),
  );
});

it("is empty for a recording of an older version", () => {
  expect(progressCurve(timeline(tick(2, 25, null)), 100)).toBe("");
  expect(progressCurve(timeline(), 100)).toBe("");
});
