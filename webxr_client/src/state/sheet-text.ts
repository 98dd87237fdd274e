/** Texts of a contact sheet, the same on the page and in VR. */
import type { SheetItem } from "../protocol/messages.js";
import { count } from "./format.js";
import { labelDiffers, type OpenSheet, proposedClass, type SheetKind } from "./review-state.js";

export const SHEET_TITLES: Record<SheetKind, string> = {
  suspects: "Suspects",
  uncertain: "Uncertain",
};
/** Pictures per row, on the page and in VR. */
export const SHEET_COLUMNS = 9;
export const NOTHING_LEFT: Record<SheetKind, string> = {
  suspects: "No suspects are left: the model agrees with every label that has not been verified.",
  uncertain: "The model is not uncertain about any item.",
};

/** Sentence about the expected number of errors on a sheet. */
export function expectedErrors({ items, expectedWrong }: OpenSheet): string {
  const wrong = Math.round(expectedWrong);
  if (items.every(({ prediction }) => prediction < 0))
    return "no predictions yet: assign the classes you see";
  return wrong === 0
    ? "probably all correct as shown"
    : `about ${count(wrong)} of ${count(items.length)} probably wrong`;
}

/** Decision of the user about a picture; "" without one. */
export type Decision = "" | "corrected" | "aside";

/**
 * Class of a picture after the sheet is confirmed (-1: unlabelled, or unchanged if set aside), and
 * the decision behind it.
 */
export function outcomeOf(
  one: SheetItem,
  corrected: ReadonlyMap<number, number>,
  aside: ReadonlySet<number>,
): { becomes: number; decision: Decision } {
  if (aside.has(one.item)) return { becomes: -1, decision: "aside" };
  const given = corrected.get(one.item);
  return given === undefined
    ? { becomes: proposedClass(one), decision: "" }
    : { becomes: given, decision: "corrected" };
}

/**
 * Class named under a picture, null if the name of its group is enough: the class it gets, or
 * struck through the label it loses.
 */
export function classCaption(
  one: SheetItem,
  becomes: number,
  decision: Decision,
): { classId: number; struck: boolean } | null {
  if (becomes >= 0 && (decision === "corrected" || becomes !== one.prediction))
    return { classId: becomes, struck: false };
  return labelDiffers(one) && decision !== "aside" ? { classId: one.class_id, struck: true } : null;
}

/**
 * Number of pictures in its row that a group name at `place` spans; 0 if no group begins there.
 * Groups begin again in each row.
 */
export function groupSpan(items: readonly SheetItem[], place: number, columns: number): number {
  const heads = (k: number) =>
    k % columns === 0 || items[k - 1]?.prediction !== items[k]?.prediction;
  if (!heads(place)) return 0;
  let end = place + 1;
  while (end < items.length && !heads(end)) end++;
  return end - place;
}
