/** What the model thinks of a selection, and which of its pictures are shown. Pure. */
import { SHEET_SIZE } from "../protocol/messages.js";
import type { AppState, Selection } from "./app-state.js";

/** Share of equal predictions from which on they are a suggestion: a class nobody has shown the model yet has no majority of its own. */
export const CLEAR_SHARE = 0.7;

export interface PredictionSummary {
  /** The class most items are predicted to be; -1 while nothing is predicted. */
  classId: number;
  /** Share of the items that are. */
  share: number;
  /** Whether that is enough for a suggestion. */
  clear: boolean;
  /** Items that are predicted otherwise, ascending. */
  odd: Uint32Array;
}

export function summarise(
  items: Uint32Array,
  predictions: Int16Array,
  classes: number,
): PredictionSummary {
  const counts = new Uint32Array(classes);
  for (const item of items) {
    const predicted = predictions[item] as number;
    if (predicted >= 0 && predicted < classes)
      counts[predicted] = (counts[predicted] as number) + 1;
  }
  let best = -1;
  for (let k = 0; k < classes; k++)
    if ((counts[k] as number) > (best < 0 ? 0 : (counts[best] as number))) best = k;
  if (best < 0) return { classId: -1, share: 0, clear: false, odd: new Uint32Array(0) };
  const share = (counts[best] as number) / items.length;
  return {
    classId: best,
    share,
    clear: share >= CLEAR_SHARE,
    odd: items.filter((item) => predictions[item] !== best),
  };
}

/** The model's mean confidence, 0..1, in those of `items` that it predicts to be `classId`; 0 without any. */
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
    sum += confidence[item] as number;
    count++;
  }
  return count === 0 ? 0 : sum / (255 * count);
}

export function selectionSummary(state: AppState): PredictionSummary | null {
  const { items } = state.selection.value;
  if (items.length === 0) return null;
  return summarise(items, state.annotations.predictions, state.classes.value.length);
}

/**
 * The pictures of the contact sheet: evenly drawn over the selection, but the odd ones, which are what a person should look at, take up to a third
 * of the places. Ascending.
 */
export function sampleItems(
  items: Uint32Array,
  odd: Uint32Array,
  places = SHEET_SIZE,
): Uint32Array {
  if (items.length <= places) return items;
  const oddPlaces = Math.min(odd.length, Math.floor(places / 3));
  const chosen = new Set<number>(evenly(odd, oddPlaces));
  const isOdd = new Set(odd);
  const rest = items.filter((item) => !isOdd.has(item));
  for (const item of evenly(rest, places - chosen.size)) chosen.add(item);
  return Uint32Array.from(chosen).sort();
}

/** `count` of `items`, evenly spaced. */
export function evenly(items: Uint32Array, count: number): Uint32Array {
  if (count >= items.length) return items;
  return Uint32Array.from(
    { length: count },
    (_, k) => items[Math.floor(((k + 0.5) * items.length) / count)] as number,
  );
}

/** Items of a selection without a label, and which of them are predicted with enough confidence, and as what. */
export function acceptedPredictions(
  state: AppState,
  selection: Selection,
): { items: Uint32Array; classIds: Int16Array; unlabelled: number } {
  const { labels, predictions, confidence } = state.annotations;
  const classes = state.classes.value;
  const least = 255 * state.review.acceptFrom.value;
  const unlabelled = selection.items.filter((item) => (labels[item] as number) < 0);
  const items = unlabelled.filter((item) => {
    const info = classes[predictions[item] as number];
    return info && !info.locked && !info.removed && (confidence[item] as number) >= least;
  });
  const classIds = Int16Array.from(items, (item) => predictions[item] as number);
  return { items, classIds, unlabelled: unlabelled.length };
}
