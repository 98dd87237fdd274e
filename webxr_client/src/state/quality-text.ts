/** Texts about the quality of the labels, the same on the page and in VR. */
import type { Interval, Quality } from "../protocol/messages.js";
import { count, percent } from "./format.js";

/**
 * Whether a class has no label, or there is only one class. The share of right labels is then
 * unknown.
 */
export const lacksLabels = ({ classes, classes_labelled }: Quality): boolean =>
  classes < 2 || classes_labelled < classes;

/**
 * Short text that replaces an unknown share of right items, such as "5 of 10 classes have labels".
 * "" if every class has a label, or nothing is labelled.
 */
export function knownInstead(quality: Quality | null): string {
  const short = knownBriefly(quality);
  if (!quality || !short) return "";
  if (quality.classes < 2) return `only ${short} so far`;
  return `${short} ${quality.classes_labelled === 1 ? "has" : "have"} labels`;
}

/** A shorter form of the text of `knownInstead`: "5 of 10 classes". "" if that text is "". */
export function knownBriefly(quality: Quality | null): string {
  if (!quality || quality.labelled === 0 || !lacksLabels(quality)) return "";
  const { classes, classes_labelled: some } = quality;
  return classes < 2 ? "one class" : `${count(some)} of ${count(classes)} classes`;
}

/** How the share of right items is estimated, for tooltips. */
export function rightTitle(quality: Quality | null): string {
  const n = quality?.sheets ?? 0;
  const sheets = n === 1 ? "1 contact sheet" : `${count(n)} contact sheets`;
  return (
    "Estimated share of items whose label is right. " +
    "For an item without a label, the prediction counts instead. " +
    "Items that somebody has looked at count as right. " +
    "For all other items, the model estimates the probability of being right. " +
    `This probability is calibrated with the answers on ${sheets}. ` +
    "The interval contains the true share in 9 of 10 cases."
  );
}

/** A share with its 90 % interval: "93 % (88 to 96 %)"; a dash if the share is not known. */
export function estimate(value: number | null | undefined, interval?: Interval | null): string {
  if (typeof value !== "number") return "–";
  if (!interval) return percent(value, 1);
  return `${percent(value, 1)} (${range(interval)})`;
}

/** An interval: "88 to 96 %". The bounds are rounded away from the middle of the interval. */
export function range({ low, high }: Interval): string {
  const [from, to] = [Math.floor(100 * low + 1e-6), Math.ceil(100 * high - 1e-6)];
  return from === to ? `${to} %` : `${from} to ${to} %`;
}
