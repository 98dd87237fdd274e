/**
 * Labels and predictions per item. A label is shown before the server answers and is reverted if
 * the server refuses it. Labels that the server sends replace the shown ones.
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

  /** Replace labels, predictions and confidences by those of a new scene. */
  reset(labels: Int16Array, predictions: Int16Array, confidence: Uint8Array): void {
    this.labels = labels.slice();
    this.predictions = predictions.slice();
    this.confidence = confidence.slice();
    // Commands without an answer stay visible, because they will be applied to the new scene too.
    for (const [id, change] of this.optimistic) this.show(id, change.items, change.classIds);
  }

  /** Show the labels of a command before its answer: one class for all items, or one per item. */
  show(commandId: string, items: Uint32Array, classIds: number | Int16Array): void {
    const before = new Int16Array(items.length);
    items.forEach((item, k) => {
      before[k] = this.labels[item] ?? UNLABELED;
    });
    this.optimistic.set(commandId, { items, before, classIds });
    items.forEach((item, k) => {
      this.labels[item] = given(classIds, k);
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
    change.items.forEach((item, k) => {
      if (this.labels[item] === given(change.classIds, k)) this.labels[item] = change.before[k]!;
    });
    return true;
  }

  /** Set labels received from the server. */
  setLabels({ items, class_ids, packed }: Pick<Labels, "items" | "class_ids" | "packed">): void {
    const set = packed ? unpackText(packed) : null;
    const changed: ArrayLike<number> = set ? set.items : items;
    const classIds: ArrayLike<number> = set?.classIds ?? class_ids;
    for (let k = 0; k < changed.length; k++) this.labels[changed[k]!] = classIds[k]!;
  }

  setPredictions(items: Uint32Array, classIds: Int16Array, confidence: Uint8Array): void {
    items.forEach((item, k) => {
      this.predictions[item] = classIds[k]!;
      this.confidence[item] = confidence[k]!;
    });
  }
}

/** Count the items of each class in `values` (class per item). */
export function countByClass(values: Int16Array, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const value of values) if (value >= 0 && value < classes) counts[value]! += 1;
  return counts;
}
