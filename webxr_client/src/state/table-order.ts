/** Order of the rows of a table. */

/** Column by which a table is sorted; a column of the data has its name in `column`. */
export type SortBy = "item" | "id" | "label" | "prediction" | "confidence" | { column: string };

/**
 * Return the items sorted by the value that `rankOf` gives per item. Items with equal values are in
 * ascending order.
 *
 * @param rankOf value of an item; items with a value of `last` or more come last in both directions
 */
export function sortedItems(
  items: Uint32Array,
  rankOf: (item: number) => number,
  down: boolean,
  last = Number.POSITIVE_INFINITY,
): Uint32Array {
  const sign = down ? -1 : 1;
  return items.slice().sort((a, b) => {
    const [first, second] = [rankOf(a), rankOf(b)];
    const [end, otherEnd] = [first >= last, second >= last];
    if (end !== otherEnd) return end ? 1 : -1;
    return (end ? 0 : sign * (first - second)) || a - b;
  });
}
