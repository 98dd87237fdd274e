/**
 * Labels and predictions by item. A label is shown at once, before the server has answered; if it is refused, it turns back. What the
 * server says always wins.
 */
import { UNLABELED } from "../protocol/messages.js";

interface Optimistic {
  items: Uint32Array;
  before: Int16Array;
  /** One for all, or one an item. */
  classIds: number | Int16Array;
}

const given = (classIds: number | Int16Array, k: number): number =>
  typeof classIds === "number" ? classIds : (classIds[k] as number);

export class Annotations {
  labels = new Int16Array(0);
  predictions = new Int16Array(0);
  /** 255 is certain. */
  confidence = new Uint8Array(0);
  private readonly optimistic = new Map<string, Optimistic>();

  reset(labels: Int16Array, predictions: Int16Array, confidence: Uint8Array): void {
    this.labels = labels.slice();
    this.predictions = predictions.slice();
    this.confidence = confidence.slice();
    // What is not answered yet stays shown: its command is still on its way.
    for (const [id, change] of this.optimistic) this.show(id, change.items, change.classIds);
  }

  /** Show labels that have been asked for: one class for all items, or one an item. */
  show(commandId: string, items: Uint32Array, classIds: number | Int16Array): void {
    const before = Int16Array.from(items, (item) => this.labels[item] ?? UNLABELED);
    this.optimistic.set(commandId, { items, before, classIds });
    items.forEach((item, k) => {
      this.labels[item] = given(classIds, k);
    });
  }

  /** The server has it: what it says arrives as labels. */
  confirm(commandId: string): void {
    this.optimistic.delete(commandId);
  }

  /** Refused: items that still show the label that was asked for go back. Returns whether any did. */
  revert(commandId: string): boolean {
    const change = this.optimistic.get(commandId);
    if (!change) return false;
    this.optimistic.delete(commandId);
    change.items.forEach((item, k) => {
      if (this.labels[item] === given(change.classIds, k))
        this.labels[item] = change.before[k] as number;
    });
    return true;
  }

  /** What the server says. */
  setLabels(items: readonly number[], classIds: readonly number[]): void {
    items.forEach((item, k) => {
      this.labels[item] = classIds[k] as number;
    });
  }

  setPredictions(items: Uint32Array, classIds: Int16Array, confidence: Uint8Array): void {
    items.forEach((item, k) => {
      this.predictions[item] = classIds[k] as number;
      this.confidence[item] = confidence[k] as number;
    });
  }
}

/** How many items of `values` have each class. */
export function countByClass(values: Int16Array, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const value of values)
    if (value >= 0 && value < classes) counts[value] = (counts[value] as number) + 1;
  return counts;
}
