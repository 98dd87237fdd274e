/** Texts about the quality of the labels, the same on the page and in VR. */
import type { Interval, Quality } from "../protocol/messages.js";
import { count, percent } from "./format.js";

/** Whether a listed class has no label, so that no share of right items is known. */
export const lacksLabels = ({ classes, classes_labelled }: Quality): boolean =>
  classes < 2 || classes_labelled < classes;

/**
 * Short text that replaces an unknown share of right items, such as "5 of 10 classes have labels".
 * "" if every class has a label, or nothing is labelled.
 */
export function knownInstead(quality: Quality | null): string {
  if (!quality || quality.labelled === 0 || !lacksLabels(quality)) return "";
  const { classes, classes_labelled: some } = quality;
  if (classes < 2) return "only one class so far";
  return `${count(some)} of ${count(classes)} classes ${some === 1 ? "has" : "have"} labels`;
}

/** A share with its interval of 90 %: "93 % (88 to 96 %)"; a dash if it is not known. */
export function estimate(value: number | null | undefined, interval?: Interval | null): string {
  if (typeof value !== "number") return "–";
  if (!interval) return percent(value, 1);
  return `${percent(value, 1)} (${range(interval)})`;
}

/** An interval: "88 to 96 %". Bounds are rounded away from its middle. */
export function range({ low, high }: Interval): string {
  const [from, to] = [Math.floor(100 * low + 1e-6), Math.ceil(100 * high - 1e-6)];
  return from === to ? `${to} %` : `${from} to ${to} %`;
}
