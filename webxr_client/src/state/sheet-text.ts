/** Texts of a contact sheet, the same on the page and in VR. */
import type { ClassInfo, Quality, SheetItem } from "../protocol/messages.js";
import { count, items as itemsText, percent } from "./format.js";
import { knownInstead } from "./quality-text.js";
import {
  groupOf,
  labelDiffers,
  type OpenSheet,
  type SheetKind,
  type SheetLabels,
} from "./review-state.js";

export const SHEET_TITLES: Record<SheetKind, string> = {
  overview: "Overview",
  suspects: "Suspects",
  uncertain: "Uncertain",
  conflicts: "Conflicts",
  double: "Blind",
  selection: "Selection",
  similar: "Similar",
};
/** Tooltip of the number beside the title of a sheet. */
export const totalTitle = (kind: SheetKind): string =>
  ({
    overview: "Number of items in places without labels",
    suspects: "Number of labels that the model doubts",
    uncertain: "Number of items whose prediction is uncertain",
    conflicts: "Number of items for which people or rules chose different classes",
    double: "Number of items to label blind",
    selection: "Number of selected items",
    similar: "Number of similar items",
  })[kind];
/** Pictures per row, on the page and in VR. */
export const SHEET_COLUMNS = 9;
const NOTHING_LEFT: Record<SheetKind, string> = {
  overview: "Every place of the map has a label.",
  suspects:
    "No suspects are left. A suspect is a label that the model doubts and nobody has verified.",
  uncertain:
    "No uncertain items are left. " +
    "An item is uncertain if its two most probable classes have similar probabilities.",
  conflicts:
    "No conflicts are left. " +
    "A conflict is an item for which people or rules chose different classes.",
  double: "No items are left for you. Labels that you gave blind wait for another person.",
  selection: "All pages are confirmed.",
  similar: "All items are confirmed.",
};

/** Sentence that a sheet shows when its queue is empty. */
export function nothingLeft(kind: SheetKind, quality: Quality | null): string {
  const known = knownInstead(quality);
  if (kind !== "suspects" || !known) return NOTHING_LEFT[kind];
  return (
    `No suspects are shown yet: ${known}. The model cannot judge labels before each class has ` +
    "labels. The next step shows items that need one."
  );
}

/** Sentence about the expected number of errors on a sheet. */
export function expectedErrors({ kind, items, expectedWrong, page }: OpenSheet): string {
  if (page && page.of > 1) return `page ${count(page.at + 1)} of ${count(page.of)}`;
  if (page) return itemsText(items.length);
  if (kind === "overview") return "give each group a class, then correct the items that differ";
  if (kind === "double") return "give each item its class; another person labels the same items";
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
  "There is nothing to confirm yet: choose an item, then its class.";

/**
 * Sentence for a person who confirms a sheet before they can have looked at its pictures.
 *
 * @param labelled Number of items that get their prediction as a label.
 */
export function unseenText(labelled: number): string {
  return labelled > 0
    ? "The sheet was confirmed without a look at its items. " +
        `${count(labelled)} of them ${labelled === 1 ? "is" : "are"} labelled as predicted, and ` +
        "the model does not learn from these labels."
    : "Nothing was labelled. Look at the items before you confirm the sheet.";
}

/**
 * Decision of the user about a picture. `corrected`: the picture gets another class. `aside`: the
 * picture is set aside. "": no decision.
 */
export type Decision = "" | "corrected" | "aside";

/**
 * Class of a picture after the sheet is confirmed, and the decision of the user about the picture.
 * The class is -1 if the item is set aside or stays without a label.
 *
 * @param given Maps the number of an item to the class that the user gave it on the sheet.
 * @param aside Items set aside.
 */
export function outcomeOf(
  one: SheetItem,
  given: ReadonlyMap<number, number>,
  aside: ReadonlySet<number>,
): { becomes: number; decision: Decision } {
  if (aside.has(one.item)) return { becomes: -1, decision: "aside" };
  const own = given.get(one.item);
  return own === undefined
    ? { becomes: one.proposed, decision: "" }
    : { becomes: own, decision: "corrected" };
}

const LABELS_HIDDEN = "labels hidden";

/**
 * Sentence about a picture of a sheet: its label, its prediction, and what happens to it when the
 * sheet is confirmed. A blind sheet shows neither predictions nor labels.
 */
export function pictureText(
  kind: SheetKind,
  { class_id, prediction, confidence }: SheetItem,
  { becomes, decision }: ReturnType<typeof outcomeOf>,
  classes: readonly ClassInfo[],
): string {
  const name = (classId: number) => classes[classId]?.name ?? "none";
  const known = [
    class_id < 0 ? "no label" : `labelled ${name(class_id)}`,
    prediction < 0 ? "not predicted" : `predicted ${name(prediction)}, ${percent(confidence)}`,
  ];
  const result =
    decision === "aside"
      ? "stays as it is"
      : becomes < 0
        ? "stays without a label"
        : `becomes ${name(becomes)}`;
  return [...(kind === "double" ? [LABELS_HIDDEN] : known), result].join("; ");
}

/** Name of a group of a sheet. */
export interface GroupHead {
  /** Class after which the group is named; -1 if the group is not named after a class. */
  classId: number;
  /** Further text, such as the number of items that the group stands for. "" if there is none. */
  text: string;
}

/**
 * Name of the group to which the picture at `place` belongs. If the items of the group have the
 * same prediction, the name is the predicted class. If the group is a region of the map, the name
 * is the size of the region. After the user has given a class to a picture of the region, the name
 * is a class and the size, if more than half of the pictures get this class.
 *
 * @param given Maps the number of an item to the class that the user gave it on the sheet.
 */
export function groupHead(
  sheet: Pick<OpenSheet, "kind" | "items" | "groups">,
  place: number,
  given: ReadonlyMap<number, number>,
): GroupHead {
  const one = sheet.items[place]!;
  const group = sheet.groups[one.group];
  if (!group?.size) {
    const unknown = sheet.kind === "double" ? LABELS_HIDDEN : "no prediction";
    return { classId: one.prediction, text: one.prediction < 0 ? unknown : "" };
  }
  const members = groupOf(sheet, place);
  const counts = new Map<number, number>();
  for (const { item, proposed } of members) {
    const becomes = given.get(item) ?? proposed;
    counts.set(becomes, (counts.get(becomes) ?? 0) + 1);
  }
  const [classId, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const decided = members.some(({ item }) => given.has(item));
  const size = `${count(group.size)} ${group.size === 1 ? "item" : "items"}`;
  if (classId >= 0 && decided && 2 * most > members.length)
    return { classId, text: count(group.size) };
  return { classId: -1, text: group.may_be_new && !decided ? `new class? ${size}` : size };
}

/**
 * Class whose name is written under a picture. If the picture gets another class than the one in
 * the name of its group, this is the class that the picture gets. Otherwise, if the picture loses
 * its label, this is the label, struck through. Otherwise the result is null.
 *
 * @param ofGroup Class in the name of the picture's group; -1 if there is none.
 */
export function classCaption(
  one: SheetItem,
  becomes: number,
  decision: Decision,
  ofGroup: number,
): { classId: number; struck: boolean } | null {
  if (becomes >= 0 && becomes !== ofGroup) return { classId: becomes, struck: false };
  return labelDiffers(one) && decision !== "aside" ? { classId: one.class_id, struck: true } : null;
}

/**
 * Number of pictures under the group name that begins at `place`; 0 if no name begins at `place`. A
 * group that continues in the next row has its name in that row too.
 */
export function groupSpan(items: readonly SheetItem[], place: number, columns: number): number {
  const heads = (k: number) => k % columns === 0 || items[k - 1]?.group !== items[k]?.group;
  if (!heads(place)) return 0;
  let end = place + 1;
  while (end < items.length && !heads(end)) end++;
  return end - place;
}
