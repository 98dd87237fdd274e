/** Labels and predictions as columns, for the bars of a selection. */
import type { AppState } from "./app-state.js";
import type { BinnedColumn } from "./column-state.js";

const NO_CLASS = 65_535;

/** Labels or predictions as a column with one bin per class. */
export function classColumn(state: AppState, name: "label" | "prediction"): BinnedColumn {
  const { labels, predictions } = state.annotations;
  const classIds = name === "label" ? labels : predictions;
  const classes = state.classes.value;
  const bins = classes.map((info) => info.name);
  const colours = classes.map((info) => info.colour);
  const codes = Uint16Array.from(classIds, (id) => (id >= 0 ? id : NO_CLASS));
  return { name, kind: "category", bins, codes, colours };
}
