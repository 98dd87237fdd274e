/** Contact sheets of items that the user has chosen, in pages. */
import { SHEET_SIZE, type SheetItem } from "../protocol/messages.js";
import type { AppState } from "./app-state.js";
import type { ChosenKind, OpenSheet } from "./review-state.js";

/** Items of a sheet in the order of its pages. */
export interface ChosenItems {
  kind: ChosenKind;
  queue: Uint32Array;
  /** Class that unlabelled items get without a prediction; -1 for none. */
  fallback: number;
}

/**
 * Items in the order of a sheet: by their class (the label, or else the prediction), the least
 * confident predictions first.
 */
export function bySheetOrder(state: AppState, items: Uint32Array): Uint32Array {
  const { labels, predictions, confidence } = state.annotations;
  const classOf = (item: number) => (labels[item]! >= 0 ? labels[item]! : predictions[item]!);
  return items
    .slice()
    .sort((a, b) => classOf(a) - classOf(b) || confidence[a]! - confidence[b]! || a - b);
}

/** Page `at` (from 0) of a sheet of chosen items. Items with the same prediction form a group. */
export function pageOf(
  state: AppState,
  { kind, queue, fallback }: ChosenItems,
  at: number,
): OpenSheet {
  const { labels, predictions, confidence } = state.annotations;
  const shown = Array.from(queue.subarray(at * SHEET_SIZE, (at + 1) * SHEET_SIZE));
  const groups = [...new Set(shown.map((item) => predictions[item]!))];
  const items = shown
    .map((item): SheetItem => {
      const [label, prediction] = [labels[item]!, predictions[item]!];
      const proposed = label >= 0 ? label : prediction >= 0 ? prediction : fallback;
      const group = groups.indexOf(prediction);
      return {
        item,
        class_id: label,
        prediction,
        confidence: confidence[item]! / 255,
        doubt: 0,
        proposed,
        group,
      };
    })
    .sort((a, b) => a.group - b.group);
  return {
    kind,
    items,
    groups: groups.map(() => ({ size: null, may_be_new: false })),
    total: queue.length,
    expectedWrong: null,
    reason: "",
    status: items.length > 0 ? "open" : "done",
    page: { at, of: Math.max(1, Math.ceil(queue.length / SHEET_SIZE)) },
  };
}
