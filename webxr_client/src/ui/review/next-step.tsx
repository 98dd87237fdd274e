/** The next step: one button with its effect, and at the end the ways to go on. */
import { acceptAllText, endText, nextStep } from "../../state/next-step.js";
import { predictedItems } from "../../state/selection-summary.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";

export function NextStep() {
  const { state, commands } = useUi();
  const { quality, ended, sheet } = state.review;
  if (state.readOnly.value || state.session.value?.tiles) return null;
  const end = endText(quality.value, ended.value);
  if (end) return <End text={end} />;
  const { text, effect } = nextStep(quality.value);
  // Only one button of the page is the primary one.
  const first = state.selection.value.items.length === 0 && !sheet.value;
  return (
    <section class="next-step" aria-label="Next step">
      <button
        type="button"
        class={first ? "button primary" : "button"}
        aria-describedby="next-effect"
        onClick={commands.next}
      >
        {text} <KeyHint action="next" />
      </button>
      <p id="next-effect" class="hint wide-only">
        {effect}
      </p>
    </section>
  );
}

function End({ text }: { text: string }) {
  const { state, commands } = useUi();
  state.predictionsVersion.value;
  state.labelsVersion.value;
  const left = predictedItems(state).length;
  return (
    <section class="next-step end" aria-label="Next step" data-testid="end">
      <p>
        <b>{text}</b> {left > 0 && "You can accept the other predictions as labels, and export."}
      </p>
      {left > 0 && (
        <button
          type="button"
          class="button primary"
          title="Each item without a label gets its prediction as label, in one gesture"
          onClick={commands.acceptAll}
        >
          {acceptAllText(left)}
        </button>
      )}
      <div class="queues">
        <button
          type="button"
          class={left > 0 ? "button" : "button primary"}
          onClick={() => {
            state.exportOpen.value = true;
          }}
        >
          Export
        </button>
        <button
          type="button"
          class="button"
          title="Open the sheet of the least certain items"
          onClick={() => commands.openSheet("uncertain")}
        >
          Keep looking <KeyHint action="uncertain" />
        </button>
      </div>
    </section>
  );
}
