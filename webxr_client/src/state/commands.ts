/** Commands of the user; buttons, keys and controllers call these. */
import type {
  EditRule,
  Gesture,
  Presence,
  RuleInfo,
  SetAxis,
  Settings,
  Why,
} from "../protocol/messages.js";
import type { Decoded } from "./force-state.js";
import type { QueueKind } from "./review-state.js";

/** Point in latent units. */
export type Point = [number, number, number];

/** Largest number of items that a command lists. Their JSON has at most 44 kB. */
export const MOST_LISTED = 4000;

/** Many items that are dragged together. All calls for one drag pass the same object. */
export interface Dragged {
  /** Items, ascending. */
  items: Uint32Array;
  /** Places of the items before the drag: three numbers per item, in latent units. */
  start: Float64Array;
}

/** Affine motion in latent units: three rows of four numbers (`Transform` of the protocol). */
export type Motion = number[];

export type AxisLetter = SetAxis["axis"];
/** Content of an axis: a column, one category of a column, or two groups of items. */
export type AxisSource = Pick<SetAxis, "column" | "category"> & {
  few?: readonly number[];
  many?: readonly number[];
};

/** Commands about rules. */
export interface RuleCommands {
  /** Keep the selection as a rule for a class. */
  keep(classId: number): void;
  /** Fetch a preview of a rule from the selection into state.rules.preview. */
  preview(): Promise<void>;
  /** Fetch a preview of a rule with another reach into state.rules.reached. */
  previewReach(rule: number, reach: number): Promise<void>;
  /** Fetch a preview of a region made again from `items` into state.rules.moved. */
  previewMove(rule: number, items: Uint32Array): Promise<void>;
  /** End the preview of a reach or of a motion, because the user does not change the rule. */
  endPreview(): void;
  /** Make a region again from `items`. Resolves as `edit` does. */
  remake(rule: number, items: Uint32Array): Promise<boolean>;
  /**
   * Change a rule. Absent fields stay as they are. Resolves with whether the server has accepted
   * the change. The preview of a reach ends then.
   */
  edit(rule: number, changes: Omit<EditRule, "op" | "command_id" | "rule">): Promise<boolean>;
  delete(rule: number): void;
  /** Add a rule with the items of another rule. */
  duplicate(rule: RuleInfo): void;
  /** Add a rule for all items that a search finds, also for those that are added later. */
  fromSearch(classId: number, query: string): void;
  /** Add a rule for the items that are predicted as a class with this confidence, 0..1. */
  fromPredictions(classId: number, confidence: number): void;
  /** Select the items of a rule. */
  select(rule: RuleInfo): void;
  /** Items of a rule, ascending. */
  itemsOf(rule: RuleInfo): Promise<Uint32Array>;
  /** Items with votes for different classes that nobody has decided, ascending. */
  conflicts(): Promise<Uint32Array>;
  /** Fetch figures into state.rules.figures. */
  refresh(): void;
  /** The votes on an item, and the weight of each. */
  why(item: number): Promise<Why>;
}

export interface Commands {
  /**
   * Label the selection, or `items`; UNLABELED removes labels. Returns whether the call labelled an
   * item. The call labels nothing if, for example, this device may only view, or all items are of
   * locked classes.
   */
  label(classId: number, items?: Uint32Array): boolean;
  /** Add a class with this name if there is none, and label the selection with the class. */
  labelToNew(name: string): void;
  /** Call `run` with the commands about rules, which are loaded when they are needed. */
  withRules(run: (rules: RuleCommands) => void): void;
  undo(): void;
  /** Undo `gesture`, which is the newest gesture of another person. Only the owner may do this. */
  undoOf(gesture: Gesture): void;
  redo(): void;
  /** Fetch words that can name classes into state.xr.naming.words. */
  findWords(): void;
  /** Add a class. */
  addClass(name: string): void;
  /** Change the name, colour or lock of a class. */
  editClass(classId: number, changes: { name?: string; colour?: string; locked?: boolean }): void;
  /** Merge a class into another one. */
  mergeClass(classId: number, into: number): void;
  /** Delete a class and the labels of its items. */
  deleteClass(classId: number): void;
  /** Export the project in a format of `GET /api/export`, and download the file. */
  download(format: string): void;
  /** Search for items; "" ends the search. */
  search(text: string): void;
  /** Fetch the list of columns into state.columns. */
  findColumns(): void;
  /** Fetch columns for the bars of the selection into state.columns. */
  findBars(): void;
  /** Colour the points by a column. */
  colourByColumn(name: string): void;
  /** Train a map with 2 or 3 dimensions, as one gesture. */
  setDimension(dimension: 2 | 3): void;
  /** Continue training. */
  run(): void;
  /** Pause training. */
  pause(): void;
  /** Change settings of the training, as one gesture. Absent fields stay as they are. */
  setSettings(changes: Partial<Settings>): void;
  /**
   * Make the model pull items to `targets` (one per item) while they are dragged. The drag is not
   * stored. Empty `items` end the drag: the model no longer pulls the items.
   */
  drag(items: Uint32Array, targets: Point[]): void;
  /** Store a finished drag as one gesture. With `keep`, the items stay pinned. */
  anchor(items: Uint32Array, targets: Point[], keep: boolean): void;
  /** As `drag`, for more than MOST_LISTED items, which all move by `motion`. */
  dragMany(dragged: Dragged, motion: Motion): void;
  /** As `anchor`, for more than MOST_LISTED items, which have all moved by `motion`. */
  anchorMany(dragged: Dragged, motion: Motion, keep: boolean): void;
  /** Unpin items; all items if `items` is empty. */
  unpin(items: ArrayLike<number>): void;
  /** Show a value along an axis of the map (a named axis), as one gesture. */
  setAxis(axis: AxisLetter, source: AxisSource): void;
  /** Remove the value from an axis of the map. */
  removeAxis(axis: AxisLetter): void;
  /** Request forces on all items with each frame; false ends this request. */
  watch(forces: boolean): void;
  /**
   * Request the forces and reconstructions of `items` for state.forces.seen. Empty `items` clear
   * state.forces.seen.
   */
  probe(items: readonly number[]): void;
  /** Decode `point`, and store the picture in state.forces.decoded. Null clears the picture. */
  look(point: Point | null): void;
  /** Decode points. Resolves with one picture per point, or an empty list without a model. */
  decode(points: readonly Point[]): Promise<Decoded[]>;
  /** Fetch the index of the recording. */
  refreshTimeline(): void;
  /** Show a recorded frame. */
  goTo(moment: number): void;
  /** Show the recorded frame that is `by` frames after the shown frame, or before if negative. */
  step(by: number): void;
  /** Play the recording from the shown moment. */
  play(): void;
  /** Stop the playback. */
  stop(): void;
  /** Show the current state. */
  live(): void;
  /** Select `items` in place of the items selected before. */
  select(items: Uint32Array): void;
  /** Select one item in place of the items selected before, as a click on it does. */
  pick(item: number): void;
  clearSelection(): void;
  /** Open a contact sheet in state.review.sheet. */
  openSheet(kind: QueueKind): void;
  /** Open a contact sheet of the selection, in pages. */
  sheetOfSelection(): void;
  /** Open a contact sheet of `items`, which are similar to `item`, in the given order. */
  sheetOfSimilar(item: number, items: Uint32Array): void;
  /** Show another page of a sheet of chosen items: `by` pages later. */
  turnSheet(by: number): void;
  closeSheet(): void;
  /**
   * Give the class to the current picture of the sheet (state.review.at). If state.review.whole is
   * true, give the class to the whole group of this picture.
   */
  correct(classId: number): void;
  /** Give the class with this name, as `correct` does. If there is no such class, add it first. */
  correctToNew(name: string): void;
  /**
   * Set the current picture or group aside: the items keep their labels and do not count as
   * verified. A second call includes them again.
   */
  setAside(): void;
  /**
   * Label all pictures of the sheet as shown, as one gesture; the next sheet follows. Returns
   * whether the call labelled an item.
   */
  confirmSheet(): boolean;
  /** Show the next uncertain items, after the last sheet of the queue was confirmed. */
  goOnWithSheet(): void;
  /** Select the suggested region, or open the suggested sheet. */
  next(): void;
  /** Grow the selection by nearby items with the same predicted class as the selected items. */
  grow(): void;
  /** Add the items that are most like the selection. Repeated calls add the next ones. */
  moreLike(): void;
  /** Select the items that are most like the items of a file, which the server does not store. */
  likeFile(file: File): void;
  /** Select the items that words describe best, if state.session allows this search. */
  likeWords(words: string): void;
  /**
   * Label unlabelled items of the selection as predicted, in one gesture, if the confidence of the
   * prediction is at least state.review.acceptFrom. Returns whether the call labelled an item.
   */
  accept(): boolean;
  /** Label each unlabelled item as predicted, in one gesture. */
  acceptAll(): void;
  /** Move the camera so that all points are in view. */
  fit(): void;
  /** Check whether the stream still works. Called when the page or VR becomes visible again. */
  checkStream(): void;
  /** Request access for this device again. */
  requestAccess(): void;
  /** Pair with a code. Rejects with a message for the user. */
  enterCode(code: string): Promise<void>;
  /**
   * Send the poses of head and hands to the other clients. A call without a head reports the end of
   * VR.
   */
  present(presence: Omit<Presence, "op">): void;
}
