/** List of classes, with the keyboard key, the counts and the menu of each class. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type ClassInfo, MAX_NAME_LENGTH } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { useUi } from "../kit/context.js";
import { fieldKey } from "../kit/field-key.js";
import { LockIcon, MoreIcon } from "../kit/icons.js";
import { KeyHint } from "../kit/key-hint.js";
import { ClassMenu } from "./class-menu.js";
import { NewClass } from "./new-class.js";
import { Bar, Swatch } from "./swatch.js";

export function ClassPanel() {
  const { state, commands } = useUi();
  const classes = state.liveClasses.value;
  const labelled = state.labelCounts.value;
  const predicted = state.predictedCounts.value;
  const tiled = state.tiled.value;
  const total = tiled?.loaded ?? state.session.value?.n_items ?? 1;
  const most = Math.max(1, ...labelled, ...predicted, total / Math.max(1, classes.length));
  const anyPredicted = predicted.some((n) => n > 0);
  return (
    <section class="class-panel" aria-labelledby="classes-title">
      <div class="panel-title">
        <h2 id="classes-title">Classes</h2>
        <span class="faint-text">
          {tiled && tiled.loaded < tiled.items && "of the loaded items, "}
          labelled{anyPredicted && " / predicted"}
        </span>
      </div>
      {classes.length === 0 && <p class="hint">Create the first class to label items with.</p>}
      <ul class="classes">
        {classes.map((info) => (
          <ClassRow
            key={info.class_id}
            info={info}
            labelled={labelled[info.class_id] ?? 0}
            predicted={anyPredicted ? (predicted[info.class_id] ?? 0) : null}
            most={most}
          />
        ))}
      </ul>
      {!state.readOnly.value && (
        <NewClass class="new-class wide-only" onName={commands.addClass}>
          <KeyHint action="newClass" /> new class
        </NewClass>
      )}
    </section>
  );
}

interface ClassRowProps {
  info: ClassInfo;
  labelled: number;
  predicted: number | null;
  most: number;
}

function ClassRow({ info, labelled, predicted, most }: ClassRowProps) {
  const { state, commands } = useUi();
  const [renaming, setRenaming] = useState(false);
  const [editing, setEditing] = useState(false);
  const name = useRef<HTMLButtonElement>(null);
  const renamed = useRef(false);
  useEffect(() => {
    if (renamed.current && !renaming) name.current?.focus(); // renaming has ended
    renamed.current = renaming;
  }, [renaming]);
  const onSheet = state.review.sheet.value?.status === "open";
  const usable =
    (onSheet || state.selection.value.items.length > 0) && !state.readOnly.value && !info.locked;
  const what = onSheet ? "the framed pictures of the sheet" : "the selection";
  const key = info.class_id < 10 && state.keys.single.value ? String(info.class_id) : "";
  const finish = (event: Event) => {
    const text = (event.currentTarget as HTMLInputElement).value;
    setRenaming(false);
    if (text.trim() && text !== info.name) commands.editClass(info.class_id, { name: text });
  };
  return (
    <li class="class-row" data-class={info.class_id}>
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
        onClick={() => (onSheet ? commands.correct : commands.label)(info.class_id)}
      >
        <kbd class={key ? "" : "empty"}>{key}</kbd>
        <span class="unseen">
          Label {what} as {info.name}
        </span>
        <Swatch colour={info.colour} ring={info.class_id >= 10} />
      </button>
      <div class="class-body">
        <div class="class-line">
          {renaming ? (
            <input
              class="rename"
              aria-label={`New name of class ${info.name}`}
              maxLength={MAX_NAME_LENGTH}
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
              title={state.readOnly.value ? info.name : "Rename"}
              disabled={state.readOnly.value}
              onClick={() => setRenaming(true)}
            >
              {info.name}
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
        {editing && <ClassMenu info={info} labelled={labelled} close={() => setEditing(false)} />}
      </div>
      {!state.readOnly.value && (
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
