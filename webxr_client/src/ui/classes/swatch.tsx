/**
 * Swatch and bar in the colour of a class. A script sets the colour, because the page's
 * Content-Security-Policy forbids style attributes.
 */
import { useEffect, useRef } from "preact/hooks";

export function Swatch({
  colour,
  ring,
  class: name = "swatch",
}: {
  colour: string;
  ring?: boolean;
  class?: string;
}) {
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => element.current?.style.setProperty("--class", colour), [colour]);
  return <span ref={element} class={ring ? `${name} ring` : name} aria-hidden="true" />;
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
