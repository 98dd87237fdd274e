import { useUi } from "./context.js";

/** What the colours mean when they are not simply those of the labels. */
export function Legend() {
  const { state } = useUi();
  const by = state.colourBy.value;
  if (by === "label") return null;
  if (by === "prediction") {
    return <p class="legend">labels full, predictions paler the less certain they are</p>;
  }
  if (by === "movement") return <p class="legend">green: what moved in the last frame</p>;
  if (by === "force")
    return <p class="legend">the force that pulls hardest: its colour is in the panel of forces</p>;
  return (
    <p class="legend">
      certain <span class="scale" aria-hidden="true" /> in doubt
    </p>
  );
}
