/**
 * Bars of the labels, predictions and columns of a selection, each beside the whole data. A click
 * on a bar narrows the selection.
 */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type BinnedColumn, binColour, binCounts, itemsOfBin } from "../../state/column-state.js";
import { classColumn } from "../../state/composition.js";
import { count } from "../../state/format.js";
import { Bar } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";

/** Largest number of bars of one column. */
const MOST_BARS = 6;
/** Whether the bars are shown; kept while selections change. */
const open = signal(false);

export function Composition({ items }: { items: Uint32Array }) {
  const { commands } = useUi();
  useEffect(() => {
    if (open.value) commands.findBars();
  }, [commands, open.value]);
  return (
    <details
      class="composition"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>Consists of</summary>
      {open.value && <AllBars items={items} />}
    </details>
  );
}

function AllBars({ items }: { items: Uint32Array }) {
  const { state } = useUi();
  const [labels, predictions] = [state.labelsVersion.value, state.predictionsVersion.value];
  const classes = state.classes.value;
  const ofLabels = useMemo(() => classColumn(state, "label"), [state, classes, labels]);
  const ofPredictions = useMemo(
    () => classColumn(state, "prediction"),
    [state, classes, predictions],
  );
  return (
    <>
      <Bars column={ofLabels} items={items} />
      <Bars column={ofPredictions} items={items} />
      {state.columns.bars.value.map((column) => (
        <Bars key={column.name} column={column} items={items} />
      ))}
    </>
  );
}

function Bars({ column, items }: { column: BinnedColumn; items: Uint32Array }) {
  const { commands } = useUi();
  const chosen = useMemo(() => binCounts(column, items), [column, items]);
  const all = useMemo(() => binCounts(column), [column]);
  const shown = Array.from(chosen, (n, bin) => ({ n, bin }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  if (shown.length === 0) return null;
  return (
    <div class="bars" role="group" aria-label={column.name}>
      <p class="faint-text">{column.name}</p>
      {shown.slice(0, MOST_BARS).map(({ n, bin }) => (
        <button
          key={bin}
          type="button"
          title={
            `${count(n)} of ${count(all[bin]!)} with ${column.name} ${column.bins[bin]}: ` +
            "click to keep only these"
          }
          onClick={() => commands.select(itemsOfBin(column, bin, items))}
        >
          <span class="bar-name" dir="auto">
            {column.bins[bin]}
          </span>
          <span class="track">
            <Bar colour={binColour(column, bin)} share={all[bin]! / items.length} faint />
            <Bar colour={binColour(column, bin)} share={n / items.length} />
          </span>
          <span class="class-counts">
            <b>{count(n)}</b> <span class="faint-text">/ {count(all[bin]!)}</span>
          </span>
        </button>
      ))}
      {shown.length > MOST_BARS && (
        <p class="faint-text">and {count(shown.length - MOST_BARS)} more</p>
      )}
    </div>
  );
}
