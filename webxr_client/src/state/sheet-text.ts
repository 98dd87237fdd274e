/** What a contact sheet says, the same on the page and in VR. Pure. */
import type { SheetItem } from "../protocol/messages.js";
import { count } from "./format.js";
import { labelDiffers, type OpenSheet, proposedClass, type SheetKind } from "./review-state.js";

export const SHEET_TITLES: Record<SheetKind, string> = {
  suspects: "Suspects",
  uncertain: "Uncertain",
};
export const NOTHING_LEFT: Record<SheetKind, string> = {
  suspects: "No suspects are left: the model doubts no label that nobody has looked at.",
  uncertain: "Nothing is left that the model is uncertain of.",
};

export function expectedErrors({ items, expectedWrong }: OpenSheet): string {
  const wrong = Math.round(expectedWrong);
  if (items.every(({ prediction }) => prediction < 0))
    return "nothing is predicted yet: say what you see";
  return wrong === 0
    ? "probably all right as they stand"
    : `about ${count(wrong)} of ${count(items.length)} wrong as they stand`;
}

/** What is said of a picture: by the person, or else nothing. */
export type Decision = "" | "corrected" | "aside";

/** The class a picture has once the sheet is confirmed, -1 for none or as it is, and who says so. */
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

/** Which class is named under a picture, where its group's name does not say it all: what it becomes, or the label it loses. */
export function classCaption(
  one: SheetItem,
  becomes: number,
  decision: Decision,
): { classId: number; struck: boolean } | null {
  if (becomes >= 0 && (decision === "corrected" || becomes !== one.prediction))
    return { classId: becomes, struck: false };
  return labelDiffers(one) && decision !== "aside" ? { classId: one.class_id, struck: true } : null;
}

/** Over how many pictures of its row the name of a group reaches that begins at `place`, there or in the row before; 0 where none begins. */
export function groupSpan(items: readonly SheetItem[], place: number, columns: number): number {
  const heads = (k: number) =>
    k % columns === 0 || items[k - 1]?.prediction !== items[k]?.prediction;
  if (!heads(place)) return 0;
  let end = place + 1;
  while (end < items.length && !heads(end)) end++;
  return end - place;
}
