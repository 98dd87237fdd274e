/** Progress of the labelling at the moment that the page shows. */
import type { AppState } from "./app-state.js";

export interface LabellingProgress {
  classes: number;
  /** Classes that have at least one label. */
  classesLabelled: number;
  items: number;
  labelled: number;
}

/** Counts of the shown moment; null until the labels of a past moment are loaded. */
export function labellingProgress(state: AppState): LabellingProgress | null {
  const { live, shown } = state.time;
  if (!live.value && shown.value === null) return null;
  const counts = state.labelCounts.value;
  const classes = state.liveClasses.value;
  return {
    classes: classes.length,
    classesLabelled: classes.filter((info) => counts[info.class_id]).length,
    items: state.session.value?.n_items ?? 0,
    labelled: state.labelled.value,
  };
}
