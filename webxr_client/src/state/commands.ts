/** What a person can do, as functions: buttons, keys and, later, controllers all call these. */
import type { Presence, Settings } from "../protocol/messages.js";
import type { Decoded } from "./force-state.js";
import type { SheetKind } from "./review-state.js";

/** A point of the latent space. */
export type Point = [number, number, number];

export interface Commands {
  /** Label the selection, or `items`; -1 takes labels away. Returns whether anything is labelled: this may only look, and classes may be locked. */
  label(classId: number, items?: Uint32Array): boolean;
  undo(): void;
  redo(): void;
  addClass(name: string): void;
  editClass(classId: number, changes: { name?: string; colour?: string; locked?: boolean }): void;
  /** Its items count as the other class from now on. */
  mergeClass(classId: number, into: number): void;
  /** With the labels of its items. */
  deleteClass(classId: number): void;
  /** Look for items; "" ends the search. */
  search(text: string): void;
  run(): void;
  pause(): void;
  /** What is to change; the rest stays. One gesture. */
  setSettings(changes: Partial<Settings>): void;
  /** Items are in the hand: the model pulls them to `targets`, one an item, for now; they are not kept. No items: they are let go, and nothing happened. */
  drag(items: Uint32Array, targets: Point[]): void;
  /** They were dragged there: one gesture. `keep`: they stay pinned. */
  anchor(items: Uint32Array, targets: Point[], keep: boolean): void;
  /** Take the pins of these items away, or all. */
  unpin(items: ArrayLike<number>): void;
  /** Whether the forces on all items are wanted. */
  watch(forces: boolean): void;
  /** How the model sees these items, into state.forces.seen; none: nothing is shown. */
  probe(items: readonly number[]): void;
  /** What lies at a point, into state.forces.decoded. */
  look(point: Point | null): void;
  decode(points: readonly Point[]): Promise<Decoded[]>;
  refreshTimeline(): void;
  /** Show a moment of the recording. */
  goTo(moment: number): void;
  step(by: number): void;
  play(): void;
  stop(): void;
  /** Back to the present. */
  live(): void;
  /** Replace the selection's items, as on the contact sheet. */
  select(items: Uint32Array): void;
  clearSelection(): void;
  /** A contact sheet of what is doubtful, into state.review.sheet. */
  openSheet(kind: SheetKind): void;
  closeSheet(): void;
  /** The sheet's current picture (state.review.at) is of this class. */
  correct(classId: number): void;
  /** It cannot be told: it stays as it is, and is not counted as looked at. Once more: it counts again. */
  setAside(): void;
  /** All of the sheet as shown, in one gesture; the next sheet follows. Returns whether anything is labelled. */
  confirmSheet(): boolean;
  /** After the last sheet: show the next in doubt all the same. */
  goOnWithSheet(): void;
  /** What is worth looking at next: selects it, or opens its sheet. */
  next(): void;
  /** The selection grows over what lies near and is predicted the same. */
  grow(): void;
  /** Predictions of at least state.review.acceptFrom become labels, where the selection has none. One gesture. Returns whether there are any. */
  accept(): boolean;
  fit(): void;
  /** Request access for this device again. */
  requestAccess(): void;
  /** Pair with a code. Rejects with a message for the user. */
  enterCode(code: string): Promise<void>;
  /** Tell the others where head and hands are; without a head, that VR is over. */
  present(presence: Omit<Presence, "op">): void;
}
