import { type Cue, isCue } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";

/** The ends of each cue in words, the weak one first. */
const ENDS: Record<Cue, readonly [string, string]> = {
  uncertainty: ["decided", "undecided between classes"],
  density: ["few like it near", "many like it near"],
  diversity: ["near something labelled", "far from all that is labelled"],
  coverage: ["its class has labels", "its class lacks labels"],
};

/** What colours and sizes mean when they are not simply those of the labels. */
export function Legend() {
  const { state } = useUi();
  const by = state.colourBy.value;
  const size = state.review.sizeBy.value;
  if (by === "label" && size === "even") return null;
  return (
    <div class="legend">
      <ColourLegend by={by} />
      {isCue(size) && (
        <p>
          {ENDS[size][0]} <span class="sizes" aria-hidden="true" /> {ENDS[size][1]}
        </p>
      )}
    </div>
  );
}

function ColourLegend({ by }: { by: string }) {
  if (isCue(by))
    return (
      <p>
        {ENDS[by][0]} <span class="scale cue" aria-hidden="true" /> {ENDS[by][1]}
      </p>
    );
  switch (by) {
    case "label":
      return null;
    case "prediction":
      return <p>labels full, predictions paler the less certain they are</p>;
    case "movement":
      return <p>green: what moved in the last frame</p>;
    case "force":
      return <p>the force that pulls hardest: its colour is in the panel of forces</p>;
    default:
      return (
        <p>
          certain <span class="scale" aria-hidden="true" /> in doubt
        </p>
      );
  }
}
