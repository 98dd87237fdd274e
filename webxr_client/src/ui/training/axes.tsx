/** Named axes: one row per axis of the map, with a menu for the value that the axis shows. */
import { useEffect, useState } from "preact/hooks";
import { fetchAxisColumns } from "../../net/api.js";
import type { AxisColumn, NamedAxis } from "../../protocol/messages.js";
import { correlationSentence } from "../../state/axis-text.js";
import type { AxisLetter, AxisSource } from "../../state/commands.js";
import { items } from "../../state/format.js";
import { useUi } from "../kit/context.js";

/** Largest number of categories that can be shown in order along an axis. */
const MAX_ORDERED = 12;
/** Largest number of categories of a column that the menu offers one by one. */
const MAX_OFFERED = 30;
const NOTHING = "";
const GROUPS = "groups";
const AMOUNT = { few: "small", many: "large" } as const;

export function Axes() {
  const { state } = useUi();
  const [columns, setColumns] = useState<AxisColumn[]>([]);
  const [groups, setGroups] = useState<Groups>({ few: [], many: [] });
  const readOnly = state.readOnly.value;
  useEffect(() => {
    // If the columns cannot be fetched, an axis can still show two selections.
    if (!readOnly) void fetchAxisColumns().then(setColumns, () => {});
  }, [readOnly]);
  const flat = state.training.value?.settings.latent_dim === 2;
  const letters: AxisLetter[] = flat ? ["x", "y"] : ["x", "y", "z"];
  const axes = state.axes.value;
  if (readOnly && axes.length === 0) return null;
  return (
    <section class="axes" aria-label="Named axes">
      <div class="panel-title">
        <h2>Axes</h2>
      </div>
      {letters.map((letter) => (
        <Axis
          key={letter}
          letter={letter}
          axis={axes.find(({ axis }) => axis === letter)}
          columns={columns}
          groups={groups}
        />
      ))}
      {!readOnly && <TwoSelections groups={groups} choose={setGroups} />}
    </section>
  );
}

interface Groups {
  few: readonly number[];
  many: readonly number[];
}

interface AxisProps {
  letter: AxisLetter;
  axis: NamedAxis | undefined;
  columns: readonly AxisColumn[];
  groups: Groups;
}

function Axis({ letter, axis, columns, groups }: AxisProps) {
  const { state, commands } = useUi();
  const readOnly = state.readOnly.value;
  const ready = groups.few.length > 0 && groups.many.length > 0;
  const current = axis ? axis.name : "nothing";
  return (
    <>
      <div class="dial-row" title={`Value that the axis ${letter} of the map shows`}>
        <span class="muted">axis {letter}</span>
        {readOnly ? (
          <span class="name">{current}</span>
        ) : (
          <select
            aria-label={`Axis ${letter}`}
            value={NOTHING}
            onChange={(event) => {
              const { value } = event.currentTarget;
              event.currentTarget.value = NOTHING;
              if (value === GROUPS) commands.setAxis(letter, { ...groups });
              else if (value === "remove") commands.removeAxis(letter);
              else if (value) commands.setAxis(letter, JSON.parse(value) as AxisSource);
            }}
          >
            <option value={NOTHING}>{current}</option>
            {axis && <option value="remove">nothing</option>}
            <option value={GROUPS} disabled={!ready}>
              {ready
                ? "from the selection “few” to the selection “many”"
                : "from few to many: first set both selections below"}
            </option>
            {columns.map((column) => (
              <ColumnOptions key={column.name} column={column} />
            ))}
          </select>
        )}
      </div>
      {axis && <p class="axis-note muted">{correlationSentence(axis)}</p>}
    </>
  );
}

/** Options of a column: its values, or one category against all others. */
function ColumnOptions({ column: { name, kind, categories } }: { column: AxisColumn }) {
  const whole = <option value={JSON.stringify({ column: name })}>{name}</option>;
  if (kind !== "category") return whole;
  return (
    <optgroup label={name}>
      {categories.length <= MAX_ORDERED && (
        <option value={JSON.stringify({ column: name })}>{name}, in order</option>
      )}
      {categories.slice(0, MAX_OFFERED).map((category) => (
        <option key={category} value={JSON.stringify({ column: name, category })}>
          {category} against all others
        </option>
      ))}
    </optgroup>
  );
}

/** Two buttons that store the selected items as examples of small or of large values of an axis. */
function TwoSelections({ groups, choose }: { groups: Groups; choose(groups: Groups): void }) {
  const { state } = useUi();
  const selected = state.selection.value.items;
  const take = (side: "few" | "many") => choose({ ...groups, [side]: Array.from(selected) });
  return (
    <div class="two-selections">
      {(["few", "many"] as const).map((side) => (
        <button
          key={side}
          type="button"
          class="button"
          disabled={selected.length === 0}
          title={`Set the selected items as examples of ${AMOUNT[side]} values`}
          onClick={() => take(side)}
        >
          {side}: {groups[side].length > 0 ? items(groups[side].length) : "use selection"}
        </button>
      ))}
    </div>
  );
}
