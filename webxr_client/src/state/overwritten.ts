/**
 * Existing labels that would be replaced if the user labelled the selection, and texts about them.
 */
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
