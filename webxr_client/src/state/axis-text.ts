/** Texts about named axes. */
import type { NamedAxis } from "../protocol/messages.js";
import { items } from "./format.js";

/** Spearman's correlation, such as "ρ 0.97"; "" while it is not known. */
export const correlationText = ({ correlation }: NamedAxis): string =>
  correlation === null || correlation === undefined ? "" : `ρ ${correlation.toFixed(2)}`;

/** Sentence about the correlation, for the panel. */
export function correlationSentence(axis: NamedAxis): string {
  const found = correlationText(axis);
  if (!found) return "Correlation: not measured yet";
  const what = axis.hidden
    ? `on ${items(axis.n)} whose value the model did not see`
    : `between the values of ${items(axis.n)} and predictions from the other values`;
  return `Spearman's ${found} ${what}`;
}
