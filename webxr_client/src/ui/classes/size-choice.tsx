/** Choice of what the size of points shows. */
import { CUES, type Cue } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";
import { withKey } from "../kit/key-hint.js";

export function SizeChoice() {
  const { state } = useUi();
  const { sizeBy } = state.review;
  return (
    <div class="choice">
      <select
        aria-label="Size by"
        title={withKey("Size of points", state.keys.text("cueSize"))}
        class={sizeBy.value === "even" ? "" : "on"}
        value={sizeBy.value}
        onChange={(event) => {
          sizeBy.value = event.currentTarget.value as Cue;
        }}
      >
        <option value="even">size: equal</option>
        {CUES.map((cue) => (
          <option key={cue} value={cue}>
            size: {cue}
          </option>
        ))}
      </select>
    </div>
  );
}
