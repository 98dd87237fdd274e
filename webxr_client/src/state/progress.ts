/** Progress of the labelling at the moment that the page shows. */
import type { Timeline } from "../protocol/messages.js";
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

/**
 * Share of labelled items over the recording, as the `points` attribute of a polyline in a box of
 * 100 x 100, y down. "" if the recording does not have it.
 *
 * @param items Number of all items.
 */
export function progressCurve({ ticks, moments }: Timeline, items: number): string {
  const known = ticks.filter(({ labelled }) => typeof labelled === "number");
  const [first] = known;
  if (!first || items === 0) return "";
  const points: string[] = [];
  const add = (x: number, labelled: number) =>
    points.push(`${x.toFixed(1)},${(96 - (92 * labelled) / items).toFixed(1)}`);
  const fresh = first.gesture.kind === "label" ? first.gesture.count : 0;
  let before = Math.max(0, first.labelled! - fresh);
  add(0, before);
  for (const { moment, labelled } of known) {
    const x = (100 * moment) / Math.max(1, moments - 1);
    add(x, before);
    add(x, labelled!);
    before = labelled!;
  }
  add(100, before);
  return points.join(" ");
}
