/** Row of a class: its key, name, counts and menu. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ClassInfo, MAX_CLASS_NAME_LENGTH } from "../../protocol/messages.js";
import { splitName } from "../../state/class-rows.js";
import { focusOnClass } from "../../state/focus.js";
import { count } from "../../state/format.js";
import { labelTarget } from "../../state/label-target.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { fieldKey } from "../kit/field-key.js";
import { EyeIcon, LockIcon, MoreIcon } from "../kit/icons.js";
import { hasTouch } from "../kit/layout.js";
import { Bar, Swatch } from "./swatch.js";

interface ClassRowProps {
  info: ClassInfo;
  /** Name of the class, or its last part in a group. */
  text: string;
  /** Whether Enter in the field above the list chooses this class. */
  active: boolean;
  labelled: number;
  predicted: number | null;
  most: number;
}

const loadMenu = () => import("./class-menu.js");

export function ClassRow({ info, text, active, labelled, predicted, most }: ClassRowProps) {
  const { state, commands } = useUi();
  const [renaming, setRenaming] = useState(false);
  const [editing, setEditing] = useState(false);
  const menu = useChunk(editing, loadMenu, state.failure);
  const name = useRef<HTMLButtonElement>(null);
  const renamed = useRef(false);
  useEffect(() => {
    if (renamed.current && !renaming) name.current?.focus(); // renaming has ended
    renamed.current = renaming;
  }, [renaming]);
  const target = labelTarget(state);
  const usable = target !== "" && !info.locked;
  const what = target === "sheet" ? "the framed items of the sheet" : "the selection";
  const keys = state.keys.single.value && state.keys.shown.value;
  const key = info.class_id < 10 && keys ? String(info.class_id) : "";
  const focus = state.focus.value;
  const only = focus?.kind === "class" && focus.classId === info.class_id;
  const [start, end] = splitName(text);
  const apply = () => (target === "sheet" ? commands.correct : commands.label)(info.class_id);
  const finish = (event: Event) => {
    const typed = (event.currentTarget as HTMLInputElement).value;
    setRenaming(false);
    if (typed.trim() && typed !== info.name) commands.editClass(info.class_id, { name: typed });
  };
  return (
    <li
      class={`class-row ${active ? "active" : ""}`}
      data-class={info.class_id}
      data-row
      data-focus={only}
    >
      <button
        type="button"
        class="class-apply"
        disabled={!usable}
        title={
          usable
            ? `Label ${what} as ${info.name}`
            : info.locked
              ? `${info.name} is locked`
              : "Select items first"
        }
        onClick={apply}
      >
        <kbd class={key ? "" : "empty"}>{key}</kbd>
        <span class="unseen">
          Label {what} as {info.name}
        </span>
        <Swatch colour={info.colour} of={info.class_id} />
      </button>
      <div class="class-body">
        <div class="class-line">
          {renaming ? (
            <input
              class="rename"
              aria-label={`New name of class ${info.name}`}
              maxLength={MAX_CLASS_NAME_LENGTH}
              defaultValue={info.name}
              ref={(input) => input?.focus()}
              onBlur={finish}
              onKeyDown={(event) => {
                const pressed = fieldKey(event);
                if (pressed === "Enter") event.currentTarget.blur();
                if (pressed === "Escape") setRenaming(false);
              }}
            />
          ) : (
            <button
              ref={name}
              type="button"
              class="class-name"
              dir="auto"
              title={state.readOnly.value ? info.name : `${info.name}: click to rename`}
              disabled={state.readOnly.value}
              onClick={() => (usable && hasTouch() ? apply() : setRenaming(true))}
            >
              <span>{start}</span>
              {end}
            </button>
          )}
          {info.locked && <LockIcon />}
          <span class="class-counts">
            <b class={labelled ? "" : "none"}>{labelled ? count(labelled) : "–"}</b>
            {predicted !== null && <span class="faint-text"> / {count(predicted)}</span>}
          </span>
        </div>
        <span class="track">
          {predicted !== null && <Bar colour={info.colour} share={predicted / most} faint />}
          <Bar colour={info.colour} share={labelled / most} />
        </span>
        {editing && menu && (
          <menu.ClassMenu info={info} labelled={labelled} close={() => setEditing(false)} />
        )}
      </div>
      <button
        type="button"
        class="class-more only wide-only"
        title={only ? "Show all items" : `Show only ${info.name}`}
        aria-label={`Show only ${info.name}`}
        aria-pressed={only}
        onClick={() => focusOnClass(state, info.class_id)}
      >
        <EyeIcon />
      </button>
      {!state.readOnly.value && !state.session.value?.tiles && (
        <button
          type="button"
          class="class-more wide-only"
          title={`Colour, lock, merge or delete ${info.name}`}
          aria-label={`Change class ${info.name}`}
          aria-expanded={editing}
          onClick={() => setEditing(!editing)}
        >
          <MoreIcon />
        </button>
      )}
    </li>
  );
}
