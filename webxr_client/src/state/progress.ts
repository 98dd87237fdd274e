/** The curve of labelled items along the timeline. */
import type { Timeline } from "../protocol/messages.js";

/** A curve with steps. */
export interface StepCurve {
  /** Place of each corner on the axis of the timeline, 0..100. */
  at: number[];
  /** Share of labelled items, 0..1, at each corner. */
  shares: number[];
}

/**
 * Share of labelled items after each gesture. An item that two gestures label counts twice until
 * the present, where the share is exact.
 *
 * @param items Number of all items.
 * @param labelled Number of items with a label now.
 */
export function labelledCurve(timeline: Timeline, items: number, labelled: number): StepCurve {
  const last = Math.max(1, timeline.moments - 1);
  const curve: StepCurve = { at: [0], shares: [0] };
  let sum = 0;
  const share = () => Math.min(1, Math.max(0, sum) / Math.max(1, items));
  for (const { event, gesture, moment } of timeline.ticks) {
    if (gesture.kind !== "label") continue;
    const at = (100 * moment) / last;
    curve.at.push(at);
    curve.shares.push(share());
    sum += event === "undone" ? -gesture.count : gesture.count;
    curve.at.push(at);
    curve.shares.push(share());
  }
  curve.at.push(100);
  curve.shares.push(labelled / Math.max(1, items));
  return curve;
}
