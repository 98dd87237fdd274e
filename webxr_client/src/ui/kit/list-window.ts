/** The part of a long list that is in view, so that only this part is rendered. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows rendered above and below the view, so that a quick turn of the wheel shows rows. */
const OVERSCAN = 8;
/** The rendered rows change by this number of rows at once, so that most frames change no row. */
const STEP = 4;
/** Length up to which the whole list is rendered. */
const SHORT = 60;
/** Height of a row before it is measured, CSS pixels. */
const USUAL_HEIGHT = 25;

export interface ListWindow {
  /** Index of the first rendered row. */
  first: number;
  /** Index after the last rendered row. */
  end: number;
  /** Height of a row, CSS pixels. */
  height: number;
}

/**
 * The rows of a list to render.
 *
 * @param count number of all rows
 * @param top distance of the view from the top of the list, CSS pixels
 * @param view height of the view, CSS pixels
 * @param height height of a row, CSS pixels
 */
export function rowsInView(count: number, top: number, view: number, height: number): ListWindow {
  if (count <= SHORT) return { first: 0, end: count, height };
  const most = Math.max(0, count - Math.ceil(view / height));
  const at = Math.min(Math.max(0, Math.floor(top / height)), most);
  const below = at + Math.ceil(view / height) + 1 + OVERSCAN;
  return {
    first: STEP * Math.floor(Math.max(0, at - OVERSCAN) / STEP),
    end: Math.min(count, STEP * Math.ceil(below / STEP)),
    height,
  };
}

/** Reference to an element that gets a height, CSS pixels. The page allows no style attributes. */
export function useHeight<T extends HTMLElement>(height: number): RefObject<T> {
  const element = useRef<T>(null);
  useLayoutEffect(() => element.current?.style.setProperty("height", `${height}px`), [height]);
  return element;
}

/**
 * Render only the rows in view. The list has to be a scroll container; rows have the attribute
 * `data-row`, and equal heights.
 */
export function useListWindow(list: RefObject<HTMLElement>, count: number): ListWindow {
  const [shown, setShown] = useState<ListWindow>(rowsInView(count, 0, 600, USUAL_HEIGHT));
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const update = () => {
      const height = element.querySelector<HTMLElement>("[data-row]")?.offsetHeight || USUAL_HEIGHT;
      const next = rowsInView(count, element.scrollTop, element.clientHeight, height);
      setShown((now) =>
        now.first === next.first && now.end === next.end && now.height === height ? now : next,
      );
    };
    update();
    element.addEventListener("scroll", update, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", update);
      observer.disconnect();
    };
  }, [list, count]);
  // After a filter, the list can be shorter than the rows that were in view.
  return shown.end > count || (count <= SHORT && shown.end < count)
    ? rowsInView(count, 0, 600, shown.height)
    : shown;
}
