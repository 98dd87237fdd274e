/** Values that are computed from signals that change often, and that rarely differ. */
import { computed, type ReadonlySignal } from "@preact/signals";

/**
 * Return a signal of the value of `compute`. Its readers are notified only if the JSON of the value
 * has changed.
 */
export function steady<T>(compute: () => T): ReadonlySignal<T> {
  let last: { text: string; value: T } | null = null;
  return computed(() => {
    const value = compute();
    const text = JSON.stringify(value);
    if (last?.text !== text) last = { text, value };
    return last.value;
  });
}
