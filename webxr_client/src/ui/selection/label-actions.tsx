/** Actions on a selection, and a hint, that a baked site does not have. */
import { count, percent } from "../../state/format.js";
import { LARGEST_ACCEPT_FROM, LEAST_ACCEPT_FROM } from "../../state/review-state.js";
import { acceptedPredictions } from "../../state/selection-summary.js";
import { useUi } from "../kit/context.js";
import { KeyHint, withKey } from "../kit/key-hint.js";

/** Button that adds the items that are most like the selection. */
export function MoreLike() {
  const { commands } = useUi();
  return (
    <div class="actions searches">
      <button
        type="button"
        class="button"
        title="Add the items that are most like the selected ones. Press again to add the next ones"
        onClick={commands.moreLike}
      >
        More like this <KeyHint action="similar" />
      </button>
    </div>
  );
}

/** Button that labels items by confident predictions, and slider for the least confidence. */
export function Accept() {
  const { state, commands } = useUi();
  const { acceptFrom } = state.review;
  state.predictionsVersion.value;
  const { items, unlabelled } = acceptedPredictions(state, state.selection.value);
  if (unlabelled === 0) return null;
  const from = percent(acceptFrom.value);
  return (
    <div class="accept">
      <button
        type="button"
        class="button"
        disabled={items.length === 0}
        title={withKey(
          `Label unlabelled items as predicted if the confidence is at least ${from}`,
          state.keys.text("accept"),
        )}
        onClick={commands.accept}
      >
        Accept {count(items.length)} of {count(unlabelled)} at {from} <KeyHint action="accept" />
      </button>
      <input
        type="range"
        aria-label="Smallest confidence to accept"
        aria-valuetext={from}
        min={100 * LEAST_ACCEPT_FROM}
        max={100 * LARGEST_ACCEPT_FROM}
        value={100 * acceptFrom.value}
        onInput={(event) => {
          acceptFrom.value = Number(event.currentTarget.value) / 100;
        }}
      />
    </div>
  );
}

/** What to do without a selection. */
export function LabelHint() {
  const { state } = useUi();
  const label = state.keys.single.value ? "press a class key" : "click a class mark";
  return (
    <>
      <p class="hint first mouse-only">
        Draw around items, then {label}.{" "}
        <span>
          <kbd>Shift</kbd> adds, <kbd>Alt</kbd> subtracts, and the right mouse button turns the
          cloud.
        </span>
      </p>
      <p class="hint first touch-only">
        To label, choose the lasso, draw around a cluster, and tap the name of its class.{" "}
        <span>Two fingers turn and zoom the cloud. A tap on an item shows it.</span>
      </p>
    </>
  );
}
