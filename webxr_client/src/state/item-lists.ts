/** Ascending lists of items. */

/**
 * Union of two ascending item lists; with `subtract`, the items of `base` without those of `more`.
 */
export function combine(base: Uint32Array, more: Uint32Array, subtract: boolean): Uint32Array {
  const merged = new Uint32Array(base.length + (subtract ? 0 : more.length));
  let count = 0;
  let b = 0;
  for (let a = 0; a < base.length; a++) {
    const item = base[a]!;
    for (; b < more.length && more[b]! < item; b++) if (!subtract) merged[count++] = more[b]!;
    const both = b < more.length && more[b] === item;
    if (both) b++;
    if (!both || !subtract) merged[count++] = item;
  }
  if (!subtract) for (; b < more.length; b++) merged[count++] = more[b]!;
  return merged.slice(0, count);
}

/** Items that two ascending lists have in common, ascending. */
export const common = (one: Uint32Array, other: Uint32Array): Uint32Array =>
  combine(one, combine(one, other, true), true);

/** Items of a list in ascending order, each once. Returns the list itself if it is ascending. */
export function ascending(items: Uint32Array): Uint32Array {
  if (items.every((item, k) => k === 0 || items[k - 1]! < item)) return items;
  return items
    .slice()
    .sort()
    .filter((item, k, sorted) => k === 0 || sorted[k - 1] !== item);
}
