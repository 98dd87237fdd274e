/**
 * Panel in the middle of the page. When the panel opens, the focus moves to the close button. When
 * the panel closes, the focus returns to the previous element.
 */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { KeyHint } from "./key-hint.js";

export function Dialog({
  title,
  open,
  class: name = "",
  children,
}: {
  title: string;
  open: Signal<boolean>;
  class?: string;
  children: ComponentChildren;
}) {
  const closing = useRef<HTMLButtonElement>(null);
  const shown = open.value;
  useEffect(() => {
    if (!shown) return;
    const before = document.activeElement as HTMLElement | null;
    closing.current?.focus();
    return () => before?.focus();
  }, [shown]);
  if (!shown) return null;
  return (
    <section class={`glass help ${name}`} role="dialog" aria-label={title}>
      <div class="panel-title">
        <h2>{title}</h2>
        <button
          ref={closing}
          type="button"
          class="button"
          onClick={() => {
            open.value = false;
          }}
        >
          Close <KeyHint action="close" />
        </button>
      </div>
      {children}
    </section>
  );
}
