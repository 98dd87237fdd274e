/**
 * Bars of the labels, predictions and columns of a selection, each beside the whole data. A click
 * on a bar narrows the selection.
 */
import { useEffect, useRef } from "preact/hooks";
import { type BinnedColumn, binColour, binCounts, itemsOfBin } from "../../state/column-state.js";
import { classColumn } from "../../state/composition.js";
import { count } from "../../state/format.js";
import { Bar } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";

/** Largest number of bars of one column. */
const MOST_BARS = 6;
/** Whether the bars are shown; kept while selections change. */
let open = false;

export function Composition({ items }: { items: Uint32Array }) {
  const { state, commands } = useUi();
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (element.current) element.current.open = open;
    if (open) commands.findBars();
  }, [commands]);
  state.labelsVersion.value;
  state.predictionsVersion.value;
  const bars = state.columns.bars.value;
  return (
    <details
      ref={element}
      class="composition"
      onToggle={(event) => {
        open = event.currentTarget.open;
        if (open) commands.findBars();
      }}
    >
      <summary>Consists of</summary>
      <Bars column={classColumn(state, "label")} items={items} />
      <Bars column={classColumn(state, "prediction")} items={items} />
      {bars.map((column) => (
        <Bars key={column.name} column={column} items={items} />
      ))}
    </details>
  );
}

function Bars({ column, items }: { column: BinnedColumn; items: Uint32Array }) {
  const { state, commands } = useUi();
  const chosen = binCounts(column, items);
  const all = binCounts(column);
  const shown = Array.from(chosen, (n, bin) => ({ n, bin }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  if (shown.length === 0) return null;
  const colourOf = (bin: number) =>
    (column.name === "label" || column.name === "prediction"
      ? state.classes.value[bin]?.colour
      : undefined) ?? binColour(column, bin);
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
            <Bar colour={colourOf(bin)} share={all[bin]! / items.length} faint />
            <Bar colour={colourOf(bin)} share={n / items.length} />
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
