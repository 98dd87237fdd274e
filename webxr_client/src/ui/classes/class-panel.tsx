/** List of classes, with a field that finds a class by its name. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ClassListRow, canChoose, classRows, MANY_CLASSES } from "../../state/class-rows.js";
import { count } from "../../state/format.js";
import { labelTarget } from "../../state/label-target.js";
import { frequentPredictions } from "../../state/selection-summary.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";
import { useHeight, useListWindow } from "../kit/list-window.js";
import { ClassField } from "./class-field.js";
import { ClassRow } from "./class-row.js";
import { NewClass } from "./new-class.js";
import { Swatch } from "./swatch.js";

export function ClassPanel() {
  const { state, commands } = useUi();
  const classes = state.liveClasses.value;
  const predicted = state.predictedCounts.value;
  const tiled = state.tiled.value;
  const many = classes.length > MANY_CLASSES;
  const anyPredicted = predicted.some((n) => n > 0);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [at, setAt] = useState<number | null>(null);
  state.predictionsVersion.value;
  const suggested = many ? frequentPredictions(state) : [];
  const recent = state.recentClasses.value;
  const target = labelTarget(state);
  const canCreate = target !== "";
  const rows = classRows(classes, { text, suggested, recent, chosen, canCreate });
  const active = at === null ? -1 : activeRow(rows, at);
  const create = (name: string) => {
    (target === "sheet" ? commands.correctToNew : commands.labelToNew)(name);
    setText("");
  };
  const toggle = (name: string, open: boolean) => setChosen(new Map(chosen).set(name, open));
  return (
    <section class={many ? "class-panel many" : "class-panel"} aria-labelledby="classes-title">
      <div class="panel-title">
        <h2 id="classes-title">
          Classes {many && <span class="faint-text">{count(classes.length)}</span>}
        </h2>
        <span class="faint-text">
          {tiled && tiled.loaded < tiled.items && "of the loaded items, "}
          labelled{anyPredicted && " / predicted"}
        </span>
      </div>
      {classes.length === 0 && <p class="hint">Create the first class to label items with.</p>}
      {many && <ClassField text={text} setText={setText} rows={rows} at={active} setAt={setAt} />}
      <ClassRows
        rows={rows}
        active={active}
        toggle={toggle}
        create={create}
        anyPredicted={anyPredicted}
      />
      {!state.readOnly.value && (
        <NewClass class="new-class wide-only" onName={commands.addClass}>
          <KeyHint action="newClass" /> new class
        </NewClass>
      )}
    </section>
  );
}

/** The row that Enter chooses: row `at` if it can be chosen, otherwise the first such row. */
function activeRow(rows: readonly ClassListRow[], at: number): number {
  return canChoose(rows[at]) ? at : rows.findIndex(canChoose);
}

interface ClassRowsProps {
  rows: readonly ClassListRow[];
  /** Index of the row that Enter in the field chooses; -1 for none. */
  active: number;
  toggle(group: string, open: boolean): void;
  create(name: string): void;
  anyPredicted: boolean;
}

/** The rows in view, between two empty rows with the heights of the rows above and below. */
function ClassRows({ rows, active, toggle, create, anyPredicted }: ClassRowsProps) {
  const { state } = useUi();
  const list = useRef<HTMLUListElement>(null);
  const { first, end, height } = useListWindow(list, rows.length);
  const classes = state.liveClasses.value;
  const labelled = state.labelCounts.value;
  const predicted = state.predictedCounts.value;
  const total = state.tiled.value?.loaded ?? state.session.value?.n_items ?? 1;
  const most = Math.max(1, ...labelled, ...predicted, total / Math.max(1, classes.length));
  useLayoutEffect(() => {
    if (active >= 0) scrollTo(list.current, active * height, height);
  }, [active, height]);
  return (
    <ul ref={list} class="classes">
      <Space height={first * height} />
      {rows.slice(first, end).map((row, k) =>
        row.kind === "line" ? (
          <li key={row.text} class="class-head" data-row>
            {row.text}
          </li>
        ) : row.kind === "group" ? (
          <GroupRow key={`group ${row.name}`} row={row} toggle={toggle} />
        ) : row.kind === "new" ? (
          <li
            key="new"
            class={`class-head class-row ${first + k === active ? "active" : ""}`}
            data-row
            data-new-row
          >
            <button type="button" class="class-group" onClick={() => create(row.name)}>
              Create “<b dir="auto">{row.name}</b>”
            </button>
          </li>
        ) : (
          <ClassRow
            key={`${row.first} ${row.info.class_id}`}
            info={row.info}
            text={row.text}
            active={first + k === active}
            labelled={labelled[row.info.class_id] ?? 0}
            predicted={anyPredicted ? (predicted[row.info.class_id] ?? 0) : null}
            most={most}
          />
        ),
      )}
      <Space height={(rows.length - end) * height} />
    </ul>
  );
}

function scrollTo(list: HTMLElement | null, top: number, height: number): void {
  if (!list) return;
  if (top < list.scrollTop) list.scrollTop = top;
  const most = top + height - list.clientHeight;
  if (most > list.scrollTop) list.scrollTop = most;
}

function Space({ height }: { height: number }) {
  const element = useHeight<HTMLLIElement>(height);
  return height > 0 ? <li ref={element} aria-hidden="true" /> : null;
}

interface GroupRowProps {
  row: ClassListRow & { kind: "group" };
  toggle(group: string, open: boolean): void;
}

function GroupRow({ row, toggle }: GroupRowProps) {
  const { state } = useUi();
  const labelled = state.labelCounts.value;
  const sum = row.classes.reduce((all, info) => all + (labelled[info.class_id] ?? 0), 0);
  return (
    <li class="class-head" data-row data-group={row.name}>
      <button
        type="button"
        class="class-group"
        aria-expanded={row.open}
        onClick={() => toggle(row.name, !row.open)}
      >
        <span aria-hidden="true">{row.open ? "▾" : "▸"}</span>
        <Swatch colour={row.classes[0]!.colour} />
        <b dir="auto">{row.name}</b>
        <span class="faint-text">{count(row.classes.length)} classes</span>
      </button>
      <span class="class-counts">{sum > 0 ? count(sum) : "–"}</span>
    </li>
  );
}
