/** Legend of the colours of a column. */
import { useMemo } from "preact/hooks";
import { binColour, binCounts, itemsOfBin } from "../../state/column-state.js";
import { count } from "../../state/format.js";
import { useUi } from "../kit/context.js";
import { Swatch } from "./swatch.js";

/** The bins of a column with their counts. A click on a bin fades all other items. */
export function ColumnLegend() {
  const { state } = useUi();
  const column = state.columns.shown.value;
  const focus = state.focus.value;
  const counts = useMemo(() => column && binCounts(column), [column]);
  if (!column || !counts) return null;
  return (
    <ul class="column-legend" aria-label={`Colours of ${column.name}`}>
      {column.bins.map((bin, k) => {
        const title = `${column.name}: ${bin}`;
        const only = focus?.kind === "column" && focus.title === title;
        return (
          <li key={bin}>
            <button
              type="button"
              aria-pressed={only}
              title={only ? "Show all items" : `Show only ${title}`}
              onClick={() => {
                const items = itemsOfBin(column, k);
                state.focus.value = only ? null : { kind: "column", title, items };
              }}
            >
              <Swatch colour={binColour(column, k)} />
              <span dir="auto">{bin}</span> <b>{count(counts[k]!)}</b>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
