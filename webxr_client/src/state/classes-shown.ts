/** The classes that the colours of the points show. */
import type { ClassInfo } from "../protocol/messages.js";
import type { AppState } from "./app-state.js";

/**
 * Return the classes that at least one item has, if the colours of the points show labels or
 * predictions. Otherwise return an empty list.
 */
export function classesShown(state: AppState): ClassInfo[] {
  const by = state.colourBy.value;
  if (by !== "label" && by !== "prediction") return [];
  const labels = state.labelCounts.value;
  const predicted = by === "prediction" ? state.predictedCounts.value : labels;
  return state.liveClasses.value.filter(
    ({ class_id }) => (labels[class_id] ?? 0) + (predicted[class_id] ?? 0) > 0,
  );
}
