/** Legend of colours and sizes. */
import type { ComponentType } from "preact";
import { type Cue, isCue } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";

/** Texts for the weakest and the strongest value of each cue. */
const ENDS: Record<Cue, readonly [string, string]> = {
  uncertainty: ["decided", "undecided between classes"],
  density: ["few similar items nearby", "many similar items nearby"],
  diversity: ["near labelled items", "far from all labelled items"],
  coverage: ["class has many labels", "class lacks labels"],
};

interface LegendProps {
  /** Legend of the colours of a column; undefined on a baked site. */
  columns?: ComponentType;
}

/** Meaning of colours and sizes; hidden while colours show labels and all sizes are equal. */
export function Legend({ columns }: LegendProps) {
  const { state } = useUi();
  const by = state.colourBy.value;
  const size = state.review.sizeBy.value;
  if (by === "label" && size === "even") return null;
  return (
    <div class="legend">
      <ColourLegend by={by} columns={columns} />
      {isCue(size) && (
        <p>
          {ENDS[size][0]} <span class="sizes" aria-hidden="true" /> {ENDS[size][1]}
        </p>
      )}
    </div>
  );
}

function ColourLegend({ by, columns: Columns }: LegendProps & { by: string }) {
  const labelled = useUi().state.labelled.value;
  if (by === "diversity" && labelled === 0)
    return <p>Label items first: this colour shows how far items are from all labelled items.</p>;
  if (isCue(by))
    return (
      <p>
        {ENDS[by][0]} <span class="scale cue" aria-hidden="true" /> {ENDS[by][1]}
      </p>
    );
  switch (by) {
    case "label":
      return null;
    case "column":
      return Columns ? <Columns /> : null;
    case "prediction":
      return <p>labels in full colour; the paler a prediction, the less certain it is</p>;
    case "movement":
      return <p>green: points that moved in the last frame</p>;
    case "force":
      return <p>the colour of a point shows the strongest force on it; see “Forces and dials”</p>;
    default:
      return (
        <p>
          certain <span class="scale" aria-hidden="true" /> uncertain
        </p>
      );
  }
}
