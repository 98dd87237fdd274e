/** Summaries of a selection: its predictions, and the items whose pictures are shown. */
import { type ClassInfo, SHEET_SIZE } from "../protocol/messages.js";
import type { AppState, Selection } from "./app-state.js";
import { combine } from "./item-lists.js";

/**
 * A class is suggested if at least this share of the selection is predicted as the class. A class
 * without labels is never predicted. Items of such a class get mixed predictions, so usually no
 * class is suggested for them.
 */
export const CLEAR_SHARE = 0.7;

export interface PredictionSummary {
  /** Most frequent prediction; -1 if no item has a prediction. */
  classId: number;
  /** Share of all items whose prediction is `classId`, 0..1. */
  share: number;
  /** Whether `share` is at least CLEAR_SHARE. */
  clear: boolean;
  /** Items whose prediction is not `classId`, ascending. */
  odd: Uint32Array;
}

/** Summarise the predictions of `items`. */
export function summarise(
  items: Uint32Array,
  predictions: Int16Array,
  classes: number,
): PredictionSummary {
  const counts = new Uint32Array(classes);
  for (const item of items) {
    const predicted = predictions[item]!;
    if (predicted >= 0 && predicted < classes) counts[predicted]! += 1;
  }
  let best = -1;
  for (let k = 0; k < classes; k++) if (counts[k]! > (best < 0 ? 0 : counts[best]!)) best = k;
  if (best < 0) return { classId: -1, share: 0, clear: false, odd: new Uint32Array(0) };
  const share = counts[best]! / items.length;
  return {
    classId: best,
    share,
    clear: share >= CLEAR_SHARE,
    odd: items.filter((item) => predictions[item] !== best),
  };
}

/** Smallest share of a selection that makes a predicted class a suggestion. */
const LEAST_SHARE = 0.05;
/** Largest number of suggested classes. */
const MOST_SUGGESTED = 3;

/** The classes that the selection is most often predicted as, the most frequent first. */
export function frequentPredictions(state: AppState): number[] {
  const { items } = state.selection.value;
  const counts = new Map<number, number>();
  for (const item of items) {
    const predicted = state.annotations.predictions[item]!;
    if (predicted >= 0) counts.set(predicted, (counts.get(predicted) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= LEAST_SHARE * items.length)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_SUGGESTED)
    .map(([classId]) => classId);
}

/**
 * Mean confidence, 0..1, of the items whose prediction is `classId`; 0 if there are no such items.
 */
export function meanConfidence(
  items: Uint32Array,
  predictions: Int16Array,
  confidence: Uint8Array,
  classId: number,
): number {
  let sum = 0;
  let count = 0;
  for (const item of items) {
    if (predictions[item] !== classId) continue;
    sum += confidence[item]!;
    count++;
  }
  return count === 0 ? 0 : sum / (255 * count);
}

/** Summarise the predictions of the current selection; null if the selection is empty. */
export function selectionSummary(state: AppState): PredictionSummary | null {
  const { items } = state.selection.value;
  if (items.length === 0) return null;
  return summarise(items, state.annotations.predictions, state.classes.value.length);
}

/**
 * While some classes have no labels, a class is suggested only if the mean confidence is at least
 * SURE.
 */
const SURE = 0.95;

/**
 * Whether the predicted class of the selection is suggested, so that Enter assigns it. No class is
 * suggested if the items may belong to a class without labels, because such a class is never
 * predicted.
 */
export function isSuggested(state: AppState, summary: PredictionSummary): boolean {
  const { items } = state.selection.value;
  if (!summary.clear) return false;
  const { predictions, confidence } = state.annotations;
  return (
    withoutLabels(state).length === 0 ||
    meanConfidence(items, predictions, confidence, summary.classId) >= SURE
  );
}

/** Classes without labels. */
export const withoutLabels = (state: AppState): ClassInfo[] =>
  state.liveClasses.value.filter((info) => !state.labelCounts.value[info.class_id]);

/**
 * Choose up to `places` items of a selection. Their pictures represent the selection on the page.
 * The result is ascending and spread evenly over the selection. Up to a third of the chosen items
 * are from `odd`, the items whose prediction differs from that of most items.
 */
export function sampleItems(
  items: Uint32Array,
  odd: Uint32Array,
  places = SHEET_SIZE,
): Uint32Array {
  if (items.length <= places) return items;
  const oddPlaces = Math.min(odd.length, Math.floor(places / 3));
  const chosen = new Set<number>(evenly(odd, oddPlaces));
  const rest = combine(items, odd, true);
  for (const item of evenly(rest, places - chosen.size)) chosen.add(item);
  return Uint32Array.from(chosen).sort();
}

/** Choose `count` of `items` at even intervals. */
export function evenly(items: Uint32Array, count: number): Uint32Array {
  if (count >= items.length) return items;
  return Uint32Array.from(
    { length: count },
    (_, k) => items[Math.floor(((k + 0.5) * items.length) / count)]!,
  );
}

/** Unlabelled items with the prediction of a class that is not locked, ascending. */
export function predictedItems(state: AppState): Uint32Array {
  const { labels, predictions } = state.annotations;
  const classes = state.classes.peek();
  const items: number[] = [];
  labels.forEach((label, item) => {
    const info = classes[predictions[item]!];
    if (label < 0 && info && !info.locked && !info.removed) items.push(item);
  });
  return Uint32Array.from(items);
}

/**
 * Return those unlabelled items of a selection that have a prediction confident enough to accept,
 * and the predicted class per item. `unlabelled`: number of all unlabelled items of the selection.
 */
export function acceptedPredictions(
  state: AppState,
  selection: Selection,
): { items: Uint32Array; classIds: Int16Array; unlabelled: number } {
  const { labels, predictions, confidence } = state.annotations;
  const classes = state.classes.value;
  const least = 255 * state.review.acceptFrom.value;
  const unlabelled = selection.items.filter((item) => labels[item]! < 0);
  const items = unlabelled.filter((item) => {
    const info = classes[predictions[item]!];
    return info && !info.locked && !info.removed && confidence[item]! >= least;
  });
  const classIds = Int16Array.from(items, (item) => predictions[item]!);
  return { items, classIds, unlabelled: unlabelled.length };
}
