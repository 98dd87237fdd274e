/** Button that turns into a field for the name of a new class. The key N presses the button. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { MAX_CLASS_NAME_LENGTH } from "../../protocol/messages.js";
import { fieldKey } from "../kit/field-key.js";

interface NewClassProps {
  /** CSS classes of the button. */
  class: string;
  title?: string;
  /** Called with the name that the user has typed. */
  onName(name: string): void;
  /** Text of the button. */
  children: ComponentChildren;
}

export function NewClass({ class: style, title, onName, children }: NewClassProps) {
  const [open, setOpen] = useState(false);
  const escaped = useRef(false);
  if (!open) {
    return (
      <button
        type="button"
        class={style}
        title={title}
        data-new-class
        ref={(button) => {
          if (button && escaped.current) button.focus();
          escaped.current = false;
        }}
        onClick={() => setOpen(true)}
      >
        {children}
      </button>
    );
  }
  return (
    <form
      class="new-class"
      onSubmit={(event) => {
        event.preventDefault();
        const input = event.currentTarget.elements.namedItem("name") as HTMLInputElement;
        onName(input.value);
        setOpen(false);
      }}
    >
      <input
        name="name"
        class="rename"
        aria-label="Name of the new class"
        placeholder="name, then Enter"
        maxLength={MAX_CLASS_NAME_LENGTH}
        autocomplete="off"
        ref={(input) => input?.focus()}
        onBlur={(event) => !event.currentTarget.value && setOpen(false)}
        onKeyDown={(event) => {
          escaped.current = fieldKey(event) === "Escape";
          if (escaped.current) setOpen(false);
        }}
      />
    </form>
  );
}
