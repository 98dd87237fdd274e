/** The next step that the page offers, and the end of the work. */
import type { Quality } from "../protocol/messages.js";
import { count, percent } from "./format.js";
import { knownInstead, lacksLabels } from "./quality-text.js";

/** The work counts as done if at least this share of the items is right, as in suggestion.py. */
const RIGHT_ENOUGH = 0.99;

export interface NextStep {
  /** Text of the button. */
  text: string;
  /** Effect of the button. */
  effect: string;
}

/** Text of the next step before the work is done. */
export function nextStep(quality: Quality | null): NextStep {
  if (!quality || quality.labelled === 0)
    return {
      text: "Begin with examples",
      effect: "Opens items from all over the map, in groups. Name each group.",
    };
  if (lacksLabels(quality))
    return {
      text: "Find the next class",
      effect: `${knownInstead(quality)}. Opens items from places without labels.`,
    };
  return {
    text: "Suggest next",
    effect: "Opens the items or the region where labels are expected to help most.",
  };
}

/**
 * Text about the end of the work: how many items are right. "" if the work is not done.
 *
 * @param suggested Reason of the server for suggesting nothing more; "" without one.
 */
export function endText(quality: Quality | null, suggested: string): string {
  if (!quality || lacksLabels(quality)) return "";
  const right = quality.right ?? null;
  if (right !== null && right >= RIGHT_ENOUGH)
    return `${percent(right, 1)} of the items are right (estimated).`;
  return suggested && `${suggested.charAt(0).toUpperCase()}${suggested.slice(1)}.`;
}

/** Text of the button that accepts all predictions. */
export const acceptAllText = (items: number): string =>
  items === 1 ? "Accept the last prediction" : `Accept the ${count(items)} predictions`;
