/** The items whose cards the page shows without a pointer. */
import type { AppState, Hover } from "./app-state.js";

/** Item whose card stays open: the only selected item, outside contact sheets. -1 for none. */
export function keptItem(state: AppState): number {
  const { items, tool } = state.selection.value;
  return items.length === 1 && tool !== "sheet" ? items[0]! : -1;
}

/** Current picture of an open contact sheet; null for none. Its card stands beside the sheet. */
export function currentOnSheet(state: AppState): Hover | null {
  const { sheet, at } = state.review;
  const open = sheet.value;
  const one = open?.status === "open" ? open.items[at.value] : undefined;
  return one ? { item: one.item, x: 0, y: 0, besideSheet: true } : null;
}
