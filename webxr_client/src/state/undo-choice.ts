/**
 * The gesture (action of a user) that Undo undoes next, and texts that describe a gesture and its
 * author.
 */
import type { Access, ClassInfo, Gesture } from "../protocol/messages.js";
import type { AppState } from "./app-state.js";
import { items } from "./format.js";

/**
 * `own`: the newest gesture of this page. For the owner, this is the newest gesture of all pages of
 * the owner. `other`: there is no own gesture to undo, so the owner can undo the newest gesture of
 * another person.
 */
export type UndoChoice = { kind: "own" } | { kind: "other"; gesture: Gesture };

/** Client id of the votes of rules on items that were added. */
const RULES = "rules";
/** Client ids of gestures that no page made, with the text that the user sees. */
const NOT_A_PAGE: Record<string, string> = {
  api: "a program on the server's computer",
  cli: "the command line",
  import: "the import of labels",
  [RULES]: "the rules",
};
/** Smallest length of the client id of a page. The ids of the server itself are shorter. */
const LEAST_PAGE_ID = 8;

/** Whether a client id belongs to a page of the owner on the server's computer. */
export const isPageOfOwner = (by: string): boolean =>
  !by.includes(".") && by.length >= LEAST_PAGE_ID;

/** Whether rules voted on added items. An undo has no effect, because rules vote on them again. */
const isByRules = ({ by }: Gesture): boolean => by === RULES;

/**
 * Whether a client id belongs to this page. The client id of a page on an approved device begins
 * with the id that the server gave the device, and ends with `clientId`.
 */
export const isThisPage = (by: string, clientId: string): boolean =>
  by === clientId || by.endsWith(`.${clientId}`);

/** Return what Undo would undo; null if there is nothing that this page may undo. */
export function undoChoice(state: AppState): UndoChoice | null {
  const { can_undo, gestures } = state.history.value;
  if (can_undo) return { kind: "own" };
  if (state.session.value?.role !== "owner") return null;
  const standing = gestures.filter((gesture) => !gesture.undone && !isByRules(gesture));
  if (standing.some(({ by }) => isPageOfOwner(by))) return { kind: "own" };
  const newest = standing.at(-1);
  return newest ? { kind: "other", gesture: newest } : null;
}

/** Return a device's newest gesture, ignoring undone gestures; undefined if there is none. */
export function newestOf(device: string, gestures: readonly Gesture[]): Gesture | undefined {
  return gestures.findLast(({ by, undone }) => !undone && by.startsWith(`${device}.`));
}

/** Name the author of a gesture for the owner, for example "Quest Browser". */
export function authorName(by: string, access: Access | null): string {
  const dot = by.indexOf(".");
  if (dot < 0) return NOT_A_PAGE[by] ?? "another browser on the server's computer";
  const device = access?.devices.find((known) => known.device === by.slice(0, dot));
  return device?.name ?? "a device that is no longer approved";
}

/** Describe a gesture for the user, for example "12 items as owl". */
export function gestureText(gesture: Gesture, classes: readonly ClassInfo[]): string {
  switch (gesture.kind) {
    case "label": {
      const { class_id, count, note } = gesture;
      if (class_id < 0) return note || `labels of ${items(count)} removed`;
      return `${items(count)} as ${classes[class_id]?.name ?? `class ${class_id}`}`;
    }
    case "settings":
    case "class":
      return gesture.note;
    case "axis":
      return `axis ${gesture.note}`;
    case "rule":
      return isByRules(gesture) ? gesture.note : `rule ${gesture.note}`;
    case "anchor":
      return `${items(gesture.count)} dragged and ${gesture.note || "pinned"}`;
    case "unpin":
      return gesture.count > 0 ? `${items(gesture.count)} unpinned` : "all unpinned";
  }
}
