/** Texts about rules, the same on the page and in VR. */
import type {
  Access,
  ClassInfo,
  ItemVote,
  PersonFigures,
  RuleFigures,
  RuleInfo,
  SessionInfo,
  Why,
} from "../protocol/messages.js";
import { count, items, percent } from "./format.js";
import { range } from "./quality-text.js";
import { LEAST_SELECTED, type Matched, type MovePreview } from "./rule-state.js";

/** Effect of a rule, in one sentence. */
export const WHAT_A_RULE_DOES =
  "A rule labels the items that are like these, also items that are added later, until you " +
  "switch it off or delete it.";

/** Text about a rule that would be kept from the selection, or changed. */
export function previewText(preview: Matched): string {
  const { chosen, kept, locked, verified } = preview;
  if (preview.problem) return preview.problem;
  const all = preview.items.length;
  const others = all - kept;
  const more = `${others === 0 ? "no" : count(others)} ${others === 1 ? "other" : "others"}`;
  const some = kept === chosen ? "all" : count(kept);
  const parts =
    chosen > 0
      ? [`Votes on ${some} of the ${count(chosen)} selected items and on ${more}`]
      : [`Votes on ${items(all)}`];
  if (verified > 0)
    parts.push(`${count(verified)} verified ${verified === 1 ? "keeps its" : "keep their"} label`);
  if (locked > 0)
    parts.push(`${count(locked)} of locked classes ${locked === 1 ? "is" : "are"} left out`);
  return `${parts.join("; ")}.`;
}

/** A shorter form for VR: "180 of 200 selected, 43 others", or "223 items". */
export function shortPreview({ chosen, kept, items: found, problem }: Matched): string {
  if (problem) return problem;
  return chosen > 0
    ? `${count(kept)} of ${count(chosen)} selected, ${count(found.length - kept)} others`
    : items(found.length);
}

/** Text about a rule whose hull is moved: "120 items in the hull; votes on 134". */
export function moveText({ inside, matched }: MovePreview): string {
  const inHull = `${items(inside.length)} in the hull`;
  if (inside.length < LEAST_SELECTED) return `${inHull}: too few for a rule`;
  if (!matched) return inHull;
  return `${inHull}; ${matched.problem || `votes on ${count(matched.items.length)}`}`;
}

/** Source of a rule. */
export function sourceText({ kind, chosen, kept, query, confidence, space }: RuleInfo): string {
  if (kind === "query") return `All items that the search “${query}” finds.`;
  if (kind === "predictions") return `Items predicted with at least ${percent(confidence)}.`;
  if (kind === "votes") return "Votes of a program or a file.";
  // Older servers forget the selection when the reach changes.
  if (chosen === 0) return `Made from a selection, by ${space}.`;
  const matched = `${count(kept)} of which it matches`;
  return `Made from ${count(chosen)} selected items, ${matched}, by ${space}.`;
}

/** Why not all items of a rule have their label from it. `labelled`: number of those that have. */
export function notLabelledText({ on }: Pick<RuleInfo, "on">, labelled: number): string {
  if (!on) return "The rule is off, so no item has its label from it.";
  const have = labelled === 1 ? "item has its label" : "items have their label";
  return (
    `${labelled === 0 ? "No" : count(labelled)} ${have} from this rule. Newer rules and labels, ` +
    "and labels that somebody has verified, win over it."
  );
}

/** Estimated accuracy with its 90 % interval: "94 % (90 to 97 %)"; "" while it is not known. */
export function accuracyText(figures: RuleFigures | PersonFigures | undefined): string {
  const { accuracy, low, high } = figures ?? {};
  if (typeof accuracy !== "number" || typeof low !== "number" || typeof high !== "number")
    return "";
  return `${percent(accuracy)} right (${range({ low, high })})`;
}

/** How an accuracy is estimated, and from how many items. */
export function accuracyReason(figures: RuleFigures | PersonFigures | undefined): string {
  const compared = figures?.compared ?? 0;
  if (figures && accuracyText(figures) !== "")
    return (
      `Estimated from ${items(compared)} on which two other rules or people vote, or at which ` +
      "somebody looked. The range contains the true share in 9 of 10 cases."
    );
  return (
    "Not known yet. At least 20 items of the rule need votes of two other rules or people, or a " +
    `look on a contact sheet; there ${compared === 1 ? "is" : "are"} ${count(compared)} so far.`
  );
}

/** Weight of a vote in words. `odds`: factor on the odds of the class of the vote. */
export function weightText({ odds, verified }: Pick<ItemVote, "odds" | "verified">): string {
  if (verified) return "verified, is never outvoted";
  if (odds >= 50) return "very strong";
  if (odds >= 10) return "strong";
  if (odds >= 3) return "medium";
  if (odds > 1.2) return "weak";
  return "almost none";
}

/** Name of a person who voted: `owner`, `import` or the id of a device. */
export function personName(
  person: string,
  role: SessionInfo["role"] | undefined,
  access: Access | null,
): string {
  if (person === "owner") return role === "owner" ? "you" : "the owner";
  if (person === "import") return "labels that came with the data";
  return access?.devices.find(({ device }) => device === person)?.name ?? "another device";
}

/**
 * Text about the classes with votes on an item, if the label model weighs the votes together: the
 * share of each class among these classes, and the reason if another class is the label.
 */
export function weighedText(why: Why, classes: readonly ClassInfo[]): string {
  const { class_id, votes, probabilities } = why;
  const sorted = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  const sum = sorted.reduce((all, [, share]) => all + share, 0) || 1;
  const texts = sorted.map(([id, share]) => `${percent(share / sum)} ${classes[Number(id)]?.name}`);
  const best = Number(sorted[0]?.[0] ?? class_id);
  const verified = votes.some((vote) => vote.decides && vote.verified);
  const reason = verified ? " The verified vote decides." : " The newest vote decides.";
  return `Weighed together: ${texts.slice(0, 3).join(", ")}.${best === class_id ? "" : reason}`;
}
