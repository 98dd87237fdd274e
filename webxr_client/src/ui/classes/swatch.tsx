/**
 * Swatch with the mark of a class, and bar, in the colour of the class. A script sets the colour,
 * because the page's Content-Security-Policy forbids style attributes.
 */
import { useEffect, useRef } from "preact/hooks";
import { markOf } from "../../state/marks.js";

export function Swatch({
  colour,
  of,
  class: name = "swatch",
}: {
  colour: string;
  /** Id of the class whose mark the swatch has. Without an id, the swatch has no mark. */
  of?: number;
  class?: string;
}) {
  const mark = of === undefined ? 0 : markOf(of);
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => element.current?.style.setProperty("--class", colour), [colour]);
  return <span ref={element} class={mark > 0 ? `${name} mark-${mark}` : name} aria-hidden="true" />;
}

/** Bar that fills `share` (0..1) of its track. */
export function Bar({ colour, share, faint }: { colour: string; share: number; faint?: boolean }) {
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    element.current?.style.setProperty("--class", colour);
    element.current?.style.setProperty("--share", String(Math.min(1, share)));
  }, [colour, share]);
  return <span ref={element} class={faint ? "bar faint" : "bar"} />;
}
