/** Texts of a contact sheet, the same on the page and in VR. */
import type { Quality, SheetItem } from "../protocol/messages.js";
import { count } from "./format.js";
import { knownInstead } from "./quality-text.js";
import { labelDiffers, type OpenSheet, type SheetKind, type SheetLabels } from "./review-state.js";

export const SHEET_TITLES: Record<SheetKind, string> = {
  suspects: "Suspects",
  uncertain: "Uncertain",
};
/** Pictures per row, on the page and in VR. */
export const SHEET_COLUMNS = 9;
const NOTHING_LEFT: Record<SheetKind, string> = {
  suspects:
    "No suspects are left. A suspect is a label that the model doubts and nobody has verified.",
  uncertain:
    "No uncertain items are left. " +
    "An item is uncertain if its two most probable classes have similar probabilities.",
};

/** Sentence that a sheet shows when its queue is empty. */
export function nothingLeft(kind: SheetKind, quality: Quality | null): string {
  const known = knownInstead(quality);
  if (kind !== "suspects" || !known) return NOTHING_LEFT[kind];
  return (
    `No suspects are shown yet: ${known}. The model cannot judge labels before each class has ` +
    "labels. Press W to select items that need one."
  );
}

/** Sentence about the expected number of errors on a sheet. */
export function expectedErrors({ items, expectedWrong }: OpenSheet): string {
  if (items.every(({ prediction }) => prediction < 0))
    return "no predictions yet: assign the classes you see";
  if (expectedWrong === null) return "classes without labels are never predicted: look for them";
  const wrong = Math.round(expectedWrong);
  return wrong === 0
    ? "probably all correct as shown"
    : `about ${count(wrong)} of ${count(items.length)} probably wrong`;
}

/**
 * Text of the button that confirms a sheet: "Change 17, keep 10". "" if it would label nothing,
 * because there are no predictions and no corrections.
 */
export function confirmText({ replaced, kept, fresh }: SheetLabels): string {
  const parts = [
    replaced > 0 ? `change ${count(replaced)}` : "",
    kept > 0 ? `keep ${count(kept)}` : "",
    fresh > 0 ? `label ${count(fresh)}` : "",
  ].filter((part) => part !== "");
  const text = parts.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Sentence for a person who confirms a sheet that would label nothing. */
export const NOTHING_TO_CONFIRM =
  "There is nothing to confirm yet: go to a picture and press the key of its class.";

/**
 * Sentence for a person who confirms a sheet before they can have looked at its pictures.
 *
 * @param labelled Number of items that get their prediction as a label.
 */
export function unseenText(labelled: number): string {
  return labelled > 0
    ? "The sheet was confirmed without a look at its pictures. " +
        `${count(labelled)} of them ${labelled === 1 ? "is" : "are"} labelled as predicted, and ` +
        "the model does not learn from these labels."
    : "Nothing was labelled. Look at the pictures before you confirm the sheet.";
}

/** Decision of the user about a picture: another class, or set aside without a label. "": none. */
export type Decision = "" | "corrected" | "aside";

/**
 * Class of a picture after the sheet is confirmed, and the decision of the user about the picture.
 * The class is -1 if the item is set aside or stays without a label.
 */
export function outcomeOf(
  one: SheetItem,
  corrected: ReadonlyMap<number, number>,
  aside: ReadonlySet<number>,
): { becomes: number; decision: Decision } {
  if (aside.has(one.item)) return { becomes: -1, decision: "aside" };
  const given = corrected.get(one.item);
  return given === undefined
    ? { becomes: one.proposed, decision: "" }
    : { becomes: given, decision: "corrected" };
}

/**
 * Class whose name is written under a picture: the class that the picture gets or, struck through,
 * the label that the picture loses. Null if the name of the picture's group is enough.
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
 * Number of pictures under the group name that begins at `place`; 0 if no name begins at `place`. A
 * group that continues in the next row has its name in that row too.
 */
export function groupSpan(items: readonly SheetItem[], place: number, columns: number): number {
  const heads = (k: number) =>
    k % columns === 0 || items[k - 1]?.prediction !== items[k]?.prediction;
  if (!heads(place)) return 0;
  let end = place + 1;
  while (end < items.length && !heads(end)) end++;
  return end - place;
}
