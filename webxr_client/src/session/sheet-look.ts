/** Check whether a person can have looked at the pictures of a contact sheet. */
import type { OpenSheet } from "../state/review-state.js";

/**
 * Shortest time in which a person can look at a picture of a sheet, ms. In a rapid series, people
 * detect what a picture shows if it is visible for 13 to 80 ms (Potter, Wyble, Hagmann and McCourt
 * 2014).
 */
export const LOOK_MS = 50;

/** Whether `ms` milliseconds are too short for a look at each picture of `sheet`. */
export function isTooFast({ items }: Pick<OpenSheet, "items">, ms: number): boolean {
  return ms < LOOK_MS * items.length;
}

/** Return the items of `sheet` that have a label. */
export function labelledItems({ items }: Pick<OpenSheet, "items">): ReadonlySet<number> {
  return new Set(items.filter(({ class_id }) => class_id >= 0).map(({ item }) => item));
}
