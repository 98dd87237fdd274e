/** Parts of the page that are loaded when the page first shows them. */
import type { Signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

/**
 * The module that `load` imports, null until it is wanted and loaded. An error is reported in
 * `failure`.
 */
export function useChunk<T>(
  wanted: boolean,
  load: () => Promise<T>,
  failure: Signal<string>,
): T | null {
  const [chunk, setChunk] = useState<T | null>(null);
  const missing = wanted && chunk === null;
  useEffect(() => {
    if (!missing) return;
    load().then(
      (loaded) => setChunk(() => loaded),
      () => {
        failure.value = "A part of the page could not be loaded. Reload the page.";
      },
    );
  }, [missing, load, failure]);
  return chunk;
}
