/** Texts about the quality of the labels, the same on the page and in VR. */
import type { Quality } from "../protocol/messages.js";
import { count } from "./format.js";

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
