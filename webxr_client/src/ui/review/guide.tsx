/** Guide for the first labels: one of four steps, until the user hides the guide or exports. */
import { useEffect } from "preact/hooks";
import { endText } from "../../state/next-step.js";
import { lacksLabels } from "../../state/quality-text.js";
import { GUIDE_HIDDEN } from "../../state/review-state.js";
import { predictedItems } from "../../state/selection-summary.js";
import { store } from "../../state/storage.js";
import { useUi } from "../kit/context.js";

const STEPS = [
  "Label the first items: open the examples, or draw around a cluster.",
  "Label some items of every class.",
  "Follow the suggestions, and correct what is wrong.",
  "Accept the predictions as labels, then export.",
] as const;

export function Guide() {
  const { state } = useUi();
  const { quality, ended, guided } = state.review;
  const exporting = state.exporting.value !== "";
  const hide = () => {
    store(GUIDE_HIDDEN, "hidden");
    guided.value = false;
  };
  useEffect(() => {
    if (exporting) hide();
  }, [exporting]);
  const busy =
    state.selection.value.items.length > 0 ||
    state.review.sheet.value !== null ||
    state.table.value !== null;
  if (!guided.value || busy || state.readOnly.value || state.tiled.value) return null;
  const now = quality.value;
  const step =
    !now || now.labelled === 0 ? 0 : lacksLabels(now) ? 1 : endText(now, ended.value) ? 3 : 2;
  state.predictionsVersion.value;
  state.labelsVersion.value;
  const text =
    step === 3 && predictedItems(state).length === 0 ? "Export the labels." : STEPS[step];
  return (
    <section class="guide" aria-label="First steps">
      <div class="glass">
        <b>
          Step {step + 1} of {STEPS.length}
        </b>
        <ol aria-hidden="true">
          {STEPS.map((name, k) => (
            <li
              key={name}
              class={k < step ? "done" : ""}
              aria-current={k === step ? "step" : undefined}
            />
          ))}
        </ol>
        <p>{text}</p>
        <button type="button" class="link" onClick={hide}>
          Hide
        </button>
      </div>
    </section>
  );
}
