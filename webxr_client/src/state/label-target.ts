/** Items that a class key or a click on a class labels. */
import type { AppState } from "./app-state.js";

/** The framed items of an open contact sheet, or the selection; "" if nothing can be labelled. */
export type LabelTarget = "sheet" | "selection" | "";

export function labelTarget(state: AppState): LabelTarget {
  if (state.readOnly.value) return "";
  if (state.review.sheet.value?.status === "open") return "sheet";
  return state.selection.value.items.length > 0 ? "selection" : "";
}
