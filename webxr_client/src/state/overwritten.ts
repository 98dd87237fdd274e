/**
 * Existing labels that would be replaced if the user labelled the selection, and texts about them.
 */
import { type ClassInfo, UNLABELED } from "../protocol/messages.js";
import type { AppState } from "./app-state.js";
import { count } from "./format.js";

/** Number of `items` that have a label other than `classId`. */
export function otherLabels(labels: Int16Array, items: Uint32Array, classId: number): number {
  let other = 0;
  for (const item of items) {
    const label = labels[item]!;
    if (label >= 0 && label !== classId) other += 1;
  }
  return other;
}

/** Largest number of classes that `replacedText` names. */
const MOST_NAMED = 2;

/**
 * Text about the labels of `items` other than `classId`: "450 are “0”, 12 are “3” and 5 are
 * of other classes". "" if there are no such labels. `verb`: "are" before the change, "were" after.
 */
export function replacedText(
  labels: Int16Array,
  items: Uint32Array,
  classId: number,
  classes: readonly ClassInfo[],
  verb: "are" | "were",
): string {
  const counts = new Map<number, number>();
  for (const item of items) {
    const label = labels[item]!;
    if (label >= 0 && label !== classId) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const one = verb === "are" ? "is" : "was";
  const say = (n: number, what: string) => `${count(n)} ${n === 1 ? one : verb} ${what}`;
  const parts = sorted.slice(0, MOST_NAMED).map(([label, n]) => {
    const info = classes[label];
    return say(n, info ? `“${info.name}”` : "of another class");
  });
  const rest = sorted.slice(MOST_NAMED).reduce((sum, [, n]) => sum + n, 0);
  if (rest > 0) parts.push(say(rest, "of other classes"));
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/**
 * Text about the labels that a new label of `items` would replace, and about labels of locked
 * classes, which stay. "" if no item has a label.
 */
export function replaceNote(
  labels: Int16Array,
  items: Uint32Array,
  classes: readonly ClassInfo[],
): string {
  const free = items.filter((item) => !classes[labels[item]!]?.locked);
  const replaced = otherLabels(labels, free, UNLABELED);
  const locked = items.length - free.length;
  const texts: string[] = [];
  if (replaced > 0) {
    const which = replacedText(labels, free, UNLABELED, classes, "are");
    texts.push(`${which}. A new label replaces ${replaced === 1 ? "this label" : "these labels"}.`);
  }
  if (locked === 1) texts.push("1 label of a locked class stays.");
  if (locked > 1) texts.push(`${count(locked)} labels of locked classes stay.`);
  return texts.join(" ");
}

/**
 * Text about the selected items whose label would be replaced: "7 of 120 have another label". "" if
 * there are no such items.
 */
export function overwriteText(state: AppState, classId: number): string {
  const { items } = state.selection.value;
  state.labelsVersion.value;
  const other = otherLabels(state.annotations.labels, items, classId);
  if (other === 0) return "";
  return `${count(other)} of ${count(items.length)} ${other === 1 ? "has" : "have"} another label`;
}
