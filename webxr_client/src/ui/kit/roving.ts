/**
 * Keyboard focus in a toolbar (WAI-ARIA toolbar pattern): the Tab key reaches one button of the
 * toolbar, and arrow keys move between the buttons.
 */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Keep one button of a toolbar in the tab order.
 *
 * @param columns Buttons per row of a grid; ArrowUp and ArrowDown then change the row.
 * @param selector Selector of the buttons between which the arrow keys move the focus.
 * @returns The handler of key presses.
 */
export function useRoving(
  toolbar: RefObject<HTMLElement>,
  columns = 1,
  selector = "button",
): (event: KeyboardEvent) => void {
  const current = useRef<HTMLButtonElement | null>(null);
  const buttons = () =>
    Array.from(
      toolbar.current?.querySelectorAll<HTMLButtonElement>(`${selector}:not(:disabled)`) ?? [],
    );
  const stop = (button: HTMLButtonElement | undefined) => {
    current.current = button ?? null;
    for (const each of toolbar.current?.querySelectorAll<HTMLElement>(selector) ?? [])
      each.tabIndex = each === button ? 0 : -1;
  };
  // Runs after every render, because the current button can be disabled or removed.
  useEffect(() => {
    const all = buttons();
    stop(all.find((button) => button === current.current) ?? all[0]);
  });
  return (event) => {
    const all = buttons();
    const target = moved(
      event.key,
      all.indexOf(document.activeElement as HTMLButtonElement),
      all.length,
      columns,
    );
    if (target === null) return;
    event.preventDefault();
    stop(all[target]);
    all[target]?.focus();
  };
}

/**
 * Index of the button to which a key moves the focus from button `at` of `count` buttons; null for
 * a key that does not move the focus. In a grid, ArrowUp and ArrowDown stop at the ends; other
 * arrow keys continue at the other end.
 */
export function moved(key: string, at: number, count: number, columns = 1): number | null {
  if (count === 0) return null;
  if (columns > 1 && (key === "ArrowDown" || key === "ArrowUp")) {
    const target = at + (key === "ArrowDown" ? columns : -columns);
    return target >= 0 && target < count ? target : at;
  }
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return (at + 1) % count;
    case "ArrowUp":
    case "ArrowLeft":
      return (Math.max(at, 0) - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
