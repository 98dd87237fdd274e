/** Moves the keyboard focus to another element if the focused element is removed. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Reference to an element. When it is removed, the focus returns to the element that had it. */
export function useReturnedFocus<T extends HTMLElement>(): RefObject<T> {
  const element = useRef<T>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const own = element.current;
    return () => returnFocus(own, before as HTMLElement | null);
  }, []);
  return element;
}

/**
 * Reference to a row of a list. When it is removed, the focus passes to the element `within` in the
 * next or the previous row, or else to the first button of the section.
 */
export function usePassedFocus<T extends HTMLElement>(within: string): RefObject<T> {
  const row = useRef<T>(null);
  useLayoutEffect(() => {
    const own = row.current;
    return () => passFocus(own, within);
  }, []);
  return row;
}

/** If `own`, which is about to be removed, has the focus, give it to `before`. */
export function returnFocus(own: HTMLElement | null, before: HTMLElement | null): void {
  if (own?.contains(document.activeElement) && before?.isConnected) before.focus();
}

/** If the row `own`, which is about to be removed, has the focus, pass it on to another row. */
export function passFocus(own: HTMLElement | null, within: string): void {
  if (!own?.contains(document.activeElement)) return;
  const next = own.nextElementSibling ?? own.previousElementSibling;
  const first = own.closest("section")?.querySelector("button");
  (next?.querySelector<HTMLElement>(within) ?? first)?.focus();
}
