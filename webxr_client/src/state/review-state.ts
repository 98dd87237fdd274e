/**
 * State of the review: contact sheet, quality figures and cues. Written by session/review.ts and
 * session/cue-feed.ts.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type Quality,
  SHEET_SIZE,
  type Sheet,
  type SheetGroup,
  type SheetItem,
  UNLABELED,
} from "../protocol/messages.js";
import { stored } from "./storage.js";

/** Measures per item that points can show as colour or size. A value is a byte, 255 strongest. */
export const CUES = ["uncertainty", "density", "diversity", "coverage"] as const;
export type Cue = (typeof CUES)[number];
export const isCue = (name: string): name is Cue => (CUES as readonly string[]).includes(name);
/** Next cue in CUES after `now`; the first if `now` is not a cue, undefined after the last. */
export const cueAfter = (now: string): Cue | undefined => CUES[CUES.indexOf(now as Cue) + 1];

/** Kinds of sheets that show a queue of the server. */
export type QueueKind = Sheet["kind"];
/** Kinds of sheets that show items which the user has chosen. */
export type ChosenKind = "selection" | "similar";
export type SheetKind = QueueKind | ChosenKind;

export interface OpenSheet {
  /**
   * `overview`: items from unlabelled places of the map. `suspects`: labels that the model doubts.
   * `uncertain`: uncertain predictions. `selection`: the selected items, in pages. `similar`: items
   * that are similar to one item.
   */
  kind: SheetKind;
  /**
   * The first items of the queue. If `status` is `done`, the queue is empty, and these are items
   * from outside the queue.
   */
  items: readonly SheetItem[];
  /**
   * Groups of the items. A group is a region of the map, or all items with one prediction. The
   * number of a group is its index in this list.
   */
  groups: readonly SheetGroup[];
  /** Number of items in the queue, without the items that the user has set aside. */
  total: number;
  /**
   * Expected number of wrong labels or predictions among `items`; null while a class has no label.
   */
  expectedWrong: number | null;
  /** Reason given by the suggestion that opened the sheet; "" if the user opened it. */
  reason: string;
  /**
   * `open`: the user can correct `items`. `busy`: waiting for the server. `done`: the queue is
   * empty; `items` are shown only if the user asks for them.
   */
  status: "open" | "busy" | "done";
  /** Shown page, from 0, and number of pages; only of a sheet of chosen items. */
  page?: { at: number; of: number };
}

export const NO_ITEMS = new Uint32Array(0);
const ACCEPT_FROM = 0.95;
/** Smallest value of `acceptFrom` that the user can choose. */
export const LEAST_ACCEPT_FROM = 0.5;
/** Largest value of `acceptFrom` that the user can choose. */
export const LARGEST_ACCEPT_FROM = 0.99;
/**
 * Value of `at` while there is no current picture. In VR a sheet opens without a current picture,
 * because VR has no keyboard focus.
 */
export const NO_PICTURE = -1;

/** Key of the browser's storage for a hidden guide. */
export const GUIDE_HIDDEN = "lodespace.guide";

export class ReviewState {
  /** Quality figures; null before the server sends them. */
  readonly quality: Signal<Quality | null> = signal(null);
  /** Whether the page guides through the first labels. */
  readonly guided = signal(stored(GUIDE_HIDDEN) === null);
  /** Reason of the server for suggesting nothing more; "" without one. */
  readonly ended = signal("");
  /** Open contact sheet; null without one. */
  readonly sheet: Signal<OpenSheet | null> = signal(null);
  /** Changes only with the items of a blind sheet, not with its status. */
  private readonly blindItems = computed(() => {
    const sheet = this.sheet.value;
    return sheet?.kind === "double" ? sheet.items : null;
  });
  /** Items of the open sheet, ascending, if people label them blind; else empty. */
  readonly blind: ReadonlySignal<Uint32Array> = computed(() => {
    const items = this.blindItems.value;
    return items ? Uint32Array.from(items, ({ item }) => item).sort() : NO_ITEMS;
  });
  /** Index of the current picture; class keys change its class. NO_PICTURE if there is none. */
  readonly at = signal(0);
  /** Whether class keys change the class of the whole group of the current picture. */
  readonly whole = signal(false);
  /**
   * Maps the number of a corrected item to its new class. The map is kept if the sheet closes
   * because the selection has changed. It is cleared if the user confirms or closes the sheet.
   */
  readonly corrected: Signal<ReadonlyMap<number, number>> = signal(new Map());
  /**
   * Maps an item to the class that the user gave to the whole group of the item. The map is kept
   * or cleared together with `corrected`.
   */
  readonly named: Signal<ReadonlyMap<number, number>> = signal(new Map());
  /**
   * Classes given on the sheet. A class given to a single picture replaces the class of its group.
   */
  readonly given: ReadonlySignal<ReadonlyMap<number, number>> = computed(
    () => new Map([...this.named.value, ...this.corrected.value]),
  );
  /** Items set aside as undecidable: they keep their labels. */
  readonly aside: Signal<ReadonlySet<number>> = signal(new Set());
  /** Smallest confidence, 0..1, of the predictions that `accept` turns into labels. */
  readonly acceptFrom = signal(ACCEPT_FROM);
  /** Cue that the size of the points shows; `even` for equal sizes. */
  readonly sizeBy: Signal<Cue | "even"> = signal("even");
  /** Values of the shown cues, one byte per item, from the newest answer of the server. */
  readonly cues: Signal<ReadonlyMap<Cue, Uint8Array>> = signal(new Map());
}

/** Items of the group of the picture at `place` of a sheet. Empty if there is no such picture. */
export const groupOf = ({ items }: Pick<OpenSheet, "items">, place: number): SheetItem[] =>
  items.filter(({ group }) => group === items[place]?.group);

/** Whether an item has a label that differs from its prediction. */
export const labelDiffers = ({ class_id, prediction }: SheetItem): boolean =>
  class_id >= 0 && prediction >= 0 && class_id !== prediction;

/** Labels that Enter assigns for a sheet. `sheetLabels` describes the fields. */
export interface SheetLabels {
  items: Uint32Array;
  classIds: Int16Array;
  changed: number;
  replaced: number;
  kept: number;
  fresh: number;
}

/**
 * Labels that an open sheet assigns when the user confirms it.
 *
 * @param given Maps the number of an item to the class that the user gave it on the sheet.
 * @param aside Items set aside; they get no label.
 * @param blind Whether items set aside are in the result, without a class.
 * @returns Items (ascending), and one class per item. `changed` is the number of items whose class
 *   changes. `replaced`: items that get another label. `kept`: items that keep their label.
 *   `fresh`: items that get their first label.
 */
export function sheetLabels(
  { items }: Pick<OpenSheet, "items">,
  given: ReadonlyMap<number, number>,
  aside: ReadonlySet<number>,
  blind = false,
): SheetLabels {
  const said = items
    .filter(({ item }) => blind || !aside.has(item))
    .map((one) => ({
      ...one,
      becomes: aside.has(one.item) ? UNLABELED : (given.get(one.item) ?? one.proposed),
    }))
    .filter(({ item, becomes }) => becomes >= 0 || aside.has(item))
    .sort((a, b) => a.item - b.item);
  return {
    items: Uint32Array.from(said, ({ item }) => item),
    classIds: Int16Array.from(said, ({ becomes }) => becomes),
    changed: said.filter(({ class_id, becomes }) => class_id !== becomes).length,
    replaced: said.filter(({ class_id, becomes }) => class_id >= 0 && class_id !== becomes).length,
    kept: said.filter(({ class_id, becomes }) => class_id >= 0 && class_id === becomes).length,
    fresh: said.filter(({ class_id }) => class_id < 0).length,
  };
}

/**
 * Return at most `size` items that are not set aside, in the order of `items`. If more items are
 * left, those with the highest doubt are returned. From an overview, the first items are
 * returned, because the items of the regions come first.
 */
export function withoutSetAside(
  { kind, items }: Pick<OpenSheet, "kind"> & Pick<Sheet, "items">,
  aside: ReadonlySet<number>,
  size = SHEET_SIZE,
): Sheet["items"] {
  const left = items.filter(({ item }) => !aside.has(item));
  if (left.length <= size || kind === "overview") return left.slice(0, size);
  const least = left.map(({ doubt }) => doubt).sort((a, b) => b - a)[size - 1]!;
  return left.filter(({ doubt }) => doubt >= least).slice(0, size);
}
