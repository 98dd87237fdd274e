/** Field that finds a class by its name: type, then Enter labels with the class. */
import { useRef } from "preact/hooks";
import { MAX_CLASS_NAME_LENGTH } from "../../protocol/messages.js";
import type { ClassListRow } from "../../state/class-rows.js";
import { focusOnClass } from "../../state/focus.js";
import { useUi } from "../kit/context.js";
import { fieldKey } from "../kit/field-key.js";

interface ClassFieldProps {
  text: string;
  setText(text: string): void;
  rows: readonly ClassListRow[];
  /** Index of the row that Enter chooses; -1 for none, and while the field has no focus. */
  at: number;
  /** Set this index; null when the field loses the focus. */
  setAt(at: number | null): void;
}

export function ClassField({ text, setText, rows, at, setAt }: ClassFieldProps) {
  const { state, commands } = useUi();
  const input = useRef<HTMLInputElement>(null);
  const step = (from: number, by: number): number => {
    let k = from + by;
    while (k >= 0 && k < rows.length && rows[k]?.kind !== "class") k += by;
    return k >= 0 && k < rows.length ? k : from;
  };
  const onSheet = state.review.sheet.value?.status === "open";
  const usable = (onSheet || state.selection.value.items.length > 0) && !state.readOnly.value;
  const name = text.trim();
  const isNew = usable && name !== "" && rows.length === 0;
  const end = () => {
    setText("");
    input.current?.blur();
  };
  const choose = () => {
    const row = rows[at];
    if (row?.kind === "class") {
      const { class_id } = row.info;
      if (!usable) focusOnClass(state, class_id);
      else (onSheet ? commands.correct : commands.label)(class_id);
    } else if (isNew) (onSheet ? commands.correctToNew : commands.labelToNew)(name);
    else return;
    end();
  };
  return (
    <div class="class-field">
      <input
        ref={input}
        data-class-field
        type="search"
        role="combobox"
        aria-label="Find a class by its name"
        aria-expanded="true"
        aria-controls="classes-title"
        placeholder={`${state.keys.text("findClass")} type a class`.trim()}
        dir="auto"
        autocomplete="off"
        spellcheck={false}
        maxLength={MAX_CLASS_NAME_LENGTH}
        value={text}
        onFocus={() => setAt(0)}
        onBlur={() => setAt(null)}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const key = fieldKey(event);
          if (key === "ArrowDown" || key === "ArrowUp") {
            event.preventDefault();
            setAt(step(at, key === "ArrowDown" ? 1 : -1));
          } else if (key === "Enter") choose();
          else if (key === "Escape") end();
        }}
      />
      {text && (
        <p class="hint" role="status">
          {isNew
            ? "Enter creates this class and labels with it."
            : rows.length === 0
              ? "No class has this name."
              : usable
                ? `Enter labels ${onSheet ? "the framed pictures" : "the selection"}.`
                : "Enter shows only this class. To label, select items first."}
        </p>
      )}
    </div>
  );
}
