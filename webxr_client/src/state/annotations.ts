/**
 * Labels and predictions per item, as they are shown. A label is shown before the server answers
 * and is reverted if the server refuses it. Labels that the server sends replace the shown ones.
 *
 * Hidden items, which a person labels blind, have neither a label nor a prediction in the arrays.
 * All that is shown about an item is read from the arrays, so nothing shows the classes of these
 * items.
 */
import { unpackText } from "../protocol/item-sets.js";
import { type Labels, UNLABELED } from "../protocol/messages.js";

/** Labels of a command that the server has not answered yet. */
interface Optimistic {
  items: Uint32Array;
  /** Labels before the command. */
  before: Int16Array;
  /** One class id for all items, or one class id per item. */
  classIds: number | Int16Array;
}

const given = (classIds: number | Int16Array, k: number): number =>
  typeof classIds === "number" ? classIds : classIds[k]!;

export class Annotations {
  /** Class per item; -1 without a label. */
  labels = new Int16Array(0);
  /** Predicted class per item; -1 without a prediction. */
  predictions = new Int16Array(0);
  /** Confidence per item; 255 is certain. */
  confidence = new Uint8Array(0);
  private readonly optimistic = new Map<string, Optimistic>();
  /** Items whose classes are hidden, and their labels and predictions. */
  private hidden: ArrayLike<number> = [];
  private known: number[][] = [[], []];

  /** Hide the classes of `items`, and show those of all other items. */
  hide(items: ArrayLike<number>): void {
    this.known = [this.labels, this.predictions].map((classIds, of) => {
      for (let k = 0; k < this.hidden.length; k++) classIds[this.hidden[k]!] = this.known[of]![k]!;
      return Array.from(items, (item) => {
        const classId = classIds[item]!;
        classIds[item] = UNLABELED;
        return classId;
      });
    });
    this.hidden = items;
  }

  /** Whether the class of an item is hidden. */
  isHidden(item: number): boolean {
    return Array.prototype.includes.call(this.hidden, item);
  }

  /** Call `run` while no class is hidden. */
  private unhidden<T>(run: () => T): T {
    const items = this.hidden;
    this.hide([]);
    const result = run();
    this.hide(items);
    return result;
  }

  /** The classes of some items, hidden ones included. */
  trueLabels(items: Uint32Array): Int16Array {
    return this.unhidden(() => Int16Array.from(items, (item) => this.labels[item] ?? UNLABELED));
  }

  /** Number of items of each class, by their `labels` or `predictions`, hidden ones included. */
  counts(of: "labels" | "predictions", classes: number): Uint32Array {
    return this.unhidden(() => countByClass(this[of], classes));
  }

  /** Replace labels, predictions and confidences by those of a new scene. */
  reset(labels: Int16Array, predictions: Int16Array, confidence: Uint8Array): void {
    this.unhidden(() => {
      this.labels = labels.slice();
      this.predictions = predictions.slice();
      this.confidence = confidence.slice();
    });
    // Commands without an answer stay visible, because they will be applied to the new scene too.
    for (const [id, change] of this.optimistic) this.show(id, change.items, change.classIds);
  }

  /** Show the labels of a command before its answer: one class for all items, or one per item. */
  show(commandId: string, items: Uint32Array, classIds: number | Int16Array): void {
    this.unhidden(() => {
      const before = Int16Array.from(items, (item) => this.labels[item] ?? UNLABELED);
      this.optimistic.set(commandId, { items, before, classIds });
      items.forEach((item, k) => {
        this.labels[item] = given(classIds, k);
      });
    });
  }

  /** Forget an accepted command. The server sends the labels of the command to all clients. */
  confirm(commandId: string): void {
    this.optimistic.delete(commandId);
  }

  /**
   * Restore the labels from before a refused command. An item whose label has changed after the
   * command keeps its newer label. Returns whether the command was known.
   */
  revert(commandId: string): boolean {
    const change = this.optimistic.get(commandId);
    if (!change) return false;
    this.optimistic.delete(commandId);
    this.unhidden(() =>
      change.items.forEach((item, k) => {
        if (this.labels[item] === given(change.classIds, k)) this.labels[item] = change.before[k]!;
      }),
    );
    return true;
  }

  /** Set labels received from the server. */
  setLabels({ items, class_ids, packed }: Pick<Labels, "items" | "class_ids" | "packed">): void {
    const set = packed ? unpackText(packed) : null;
    const changed: ArrayLike<number> = set ? set.items : items;
    const classIds: ArrayLike<number> = set?.classIds ?? class_ids;
    this.unhidden(() => {
      for (let k = 0; k < changed.length; k++) this.labels[changed[k]!] = classIds[k]!;
    });
  }

  setPredictions(items: Uint32Array, classIds: Int16Array, confidence: Uint8Array): void {
    this.unhidden(() =>
      items.forEach((item, k) => {
        this.predictions[item] = classIds[k]!;
        this.confidence[item] = confidence[k]!;
      }),
    );
  }
}

/** Count the items of each class in `values` (class per item). */
export function countByClass(values: Int16Array, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const value of values) if (value >= 0 && value < classes) counts[value]! += 1;
  return counts;
}
