/** Field that finds a class by its name: type, then Enter labels with the class. */
import { useRef } from "preact/hooks";
import { MAX_CLASS_NAME_LENGTH } from "../../protocol/messages.js";
import { type ClassListRow, canChoose, enterText } from "../../state/class-rows.js";
import { focusOnClass } from "../../state/focus.js";
import { labelTarget } from "../../state/label-target.js";
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
    while (k >= 0 && k < rows.length && !canChoose(rows[k])) k += by;
    return k >= 0 && k < rows.length ? k : from;
  };
  const target = labelTarget(state);
  const row = rows[at];
  const end = () => {
    setText("");
    input.current?.blur();
  };
  const choose = () => {
    if (row?.kind === "new")
      (target === "sheet" ? commands.correctToNew : commands.labelToNew)(row.name);
    else if (row?.kind !== "class" || (target && row.info.locked)) return;
    else if (!target) focusOnClass(state, row.info.class_id);
    else (target === "sheet" ? commands.correct : commands.label)(row.info.class_id);
    end();
  };
  return (
    <div class="class-field">
      <input
        ref={input}
        data-class-field
        type="search"
        aria-label="Find a class by its name"
        aria-describedby="class-field-effect"
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
      <p id="class-field-effect" class="hint" role="status">
        {at >= 0 || (text && rows.length === 0) ? enterText(row, target) : ""}
      </p>
    </div>
  );
}
