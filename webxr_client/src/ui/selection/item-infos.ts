/** Facts about items in lists, fetched when the items come into view. */
import { useEffect, useRef, useState } from "preact/hooks";
import { fetchItemInfo } from "../../net/api.js";
import type { ItemInfo } from "../../protocol/messages.js";

/** Wait before facts are fetched, so that a quick scroll fetches only those where it ends, ms. */
const PATIENCE_MS = 80;
/** Number of requests at the same time. */
const AT_ONCE = 6;

/** Facts of the server about `shown` items. Facts that have arrived are kept. */
export function useItemInfos(shown: readonly number[]): ReadonlyMap<number, ItemInfo> {
  const rows = useRef(new Map<number, ItemInfo>()).current;
  const [, redraw] = useState(0);
  const wanted = shown.filter((item) => !rows.has(item));
  const key = wanted.join();
  useEffect(() => {
    if (key === "") return;
    let current = true;
    const left = key.split(",").map(Number);
    const one = async (): Promise<void> => {
      const item = left.shift();
      if (item === undefined || !current) return;
      const info = await fetchItemInfo(item).catch(() => null);
      if (info) rows.set(item, info);
      return one();
    };
    const timer = window.setTimeout(() => {
      void Promise.all(Array.from({ length: AT_ONCE }, one)).then(() => {
        if (current) redraw((n) => n + 1);
      });
    }, PATIENCE_MS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [key, rows]);
  return rows;
}
