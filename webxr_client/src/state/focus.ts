/** Items in focus: those of one class, or with one value. All other items are faded. */
import { effect } from "@preact/signals";
import type { AppState } from "./app-state.js";
import { combine, common } from "./item-lists.js";

/** `column`: items with one value of a column; `title` names column and value. */
export type Focus =
  | { kind: "class"; classId: number }
  | { kind: "column"; title: string; items: Uint32Array };

/** Text of the line about the focus. */
export function focusText(state: AppState, focus: Focus): string {
  const name =
    focus.kind === "class" ? (state.classes.value[focus.classId]?.name ?? "") : focus.title;
  return `Only “${name}” is shown in full.`;
}

/** Show only the items of a class, or show all items again if the class is in focus already. */
export function focusOnClass(state: AppState, classId: number): void {
  const focus = state.focus.peek();
  const same = focus?.kind === "class" && focus.classId === classId;
  state.focus.value = same ? null : { kind: "class", classId };
}

/** End the focus when its class is deleted or merged, or does not exist at the shown moment. */
export function endFocusWithClass(state: AppState): void {
  effect(() => {
    const focus = state.focus.value;
    const exists = (classId: number) =>
      state.liveClasses.value.some(({ class_id }) => class_id === classId);
    if (focus?.kind === "class" && !exists(focus.classId)) state.focus.value = null;
  });
}

/**
 * Items in focus, ascending; null if all items are. The items of a class are those with its label
 * and, while colours show predictions, those without a label that are predicted as the class.
 */
export function focusItems(state: AppState): Uint32Array | null {
  const focus = state.focus.value;
  if (!focus) return null;
  if (focus.kind === "column") return focus.items;
  state.labelsVersion.value;
  state.predictionsVersion.value;
  state.tiled.value; // other items may have been loaded
  const predicted = state.colourBy.value === "prediction";
  const { labels, predictions } = state.annotations;
  const items: number[] = [];
  labels.forEach((label, item) => {
    const shown = label < 0 && predicted ? predictions[item] : label;
    if (shown === focus.classId) items.push(item);
  });
  return Uint32Array.from(items);
}

/**
 * Items that are not faded: those in focus that match the search; null if all items are shown.
 * Items that are labelled blind are not faded, because focus and search would show their classes.
 */
export function shownItems(state: AppState): Uint32Array | null {
  const found = state.search.value?.items ?? null;
  const focus = focusItems(state);
  const shown = found && focus ? common(found, focus) : (found ?? focus);
  return shown && combine(shown, state.review.blind.value, false);
}
