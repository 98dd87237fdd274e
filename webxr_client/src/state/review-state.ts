/** What is to be looked at again, and how well it all stands: contact sheets, figures of quality, cues. Written by session/review.ts and session/cue-feed.ts. */
import { type Signal, signal } from "@preact/signals";
import { type Quality, SHEET_SIZE, type Sheet, type SheetItem } from "../protocol/messages.js";

/** Shown as colour or as size, one byte an item: 255 is strongest. */
export const CUES = ["uncertainty", "density", "diversity", "coverage"] as const;
export type Cue = (typeof CUES)[number];
export const isCue = (name: string): name is Cue => (CUES as readonly string[]).includes(name);
/** The one after `now`, if that is none the first; undefined after the last. */
export const cueAfter = (now: string): Cue | undefined => CUES[CUES.indexOf(now as Cue) + 1];

export type SheetKind = "suspects" | "uncertain";

export interface OpenSheet {
  kind: SheetKind;
  items: readonly SheetItem[];
  /** Length of the queue it is the head of. */
  total: number;
  /** How many of `items` are probably wrong as they stand. */
  expectedWrong: number;
  /** Why it was opened, in words; "" when a person asked for it. */
  reason: string;
  /** `busy`: an answer is awaited. `done`: nothing is left in the queue; `items` are the next in doubt. */
  status: "open" | "busy" | "done";
}

const ACCEPT_FROM = 0.95;
/** In place of a picture of the sheet: none is the current one. So it begins in VR, where there is no focus that shows which it is. */
export const NO_PICTURE = -1;

export class ReviewState {
  readonly quality: Signal<Quality | null> = signal(null);
  readonly sheet: Signal<OpenSheet | null> = signal(null);
  /** Which of the sheet's pictures is the current one: classes are given to it; or NO_PICTURE. */
  readonly at = signal(0);
  /** What a person has said of single pictures, by item; kept when a sheet is put away. */
  readonly corrected: Signal<ReadonlyMap<number, number>> = signal(new Map());
  /** Pictures that nobody can tell: they stay as they are. */
  readonly aside: Signal<ReadonlySet<number>> = signal(new Set());
  /** Confidence from which on predictions are accepted, 0..1. */
  readonly acceptFrom = signal(ACCEPT_FROM);
  readonly sizeBy: Signal<Cue | "even"> = signal("even");
  /** The cues that are shown, as they were last asked for. */
  readonly cues: Signal<ReadonlyMap<Cue, Uint8Array>> = signal(new Map());
}

/** The class an item of a sheet has after Enter, if nobody corrects it: the label or the prediction, whichever is likelier; -1: none. */
export function proposedClass({ class_id, prediction, confidence, doubt }: SheetItem): number {
  return prediction < 0 || (class_id >= 0 && confidence <= 1 - doubt) ? class_id : prediction;
}

/** Whether a picture is one to look at twice: it has a label that the model would not give. */
export const labelDiffers = ({ class_id, prediction }: SheetItem): boolean =>
  class_id >= 0 && prediction >= 0 && class_id !== prediction;

/** What Enter would say of a sheet: ascending, without what is set aside. `changed`: how many have another class than before. */
export function sheetLabels(
  { items }: Pick<OpenSheet, "items">,
  corrected: ReadonlyMap<number, number>,
  aside: ReadonlySet<number>,
): { items: Uint32Array; classIds: Int16Array; changed: number } {
  const said = items
    .filter(({ item }) => !aside.has(item))
    .map((one) => ({ ...one, becomes: corrected.get(one.item) ?? proposedClass(one) }))
    .filter(({ becomes }) => becomes >= 0)
    .sort((a, b) => a.item - b.item);
  return {
    items: Uint32Array.from(said, ({ item }) => item),
    classIds: Int16Array.from(said, ({ becomes }) => becomes),
    changed: said.filter(({ class_id, becomes }) => class_id !== becomes).length,
  };
}

/** A sheet's worth of `items` that are not set aside: those most in doubt, in the order they came. */
export function withoutSetAside(items: Sheet["items"], aside: ReadonlySet<number>): Sheet["items"] {
  const left = items.filter(({ item }) => !aside.has(item));
  if (left.length <= SHEET_SIZE) return left;
  const least = left.map(({ doubt }) => doubt).sort((a, b) => b - a)[SHEET_SIZE - 1] as number;
  return left.filter(({ doubt }) => doubt >= least).slice(0, SHEET_SIZE);
}
