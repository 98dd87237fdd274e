import { useEffect } from "preact/hooks";
import { contactSheet, opinion } from "../state/opinion.js";
import { useUi } from "./context.js";
import { count, items as itemsText, percent } from "./format.js";
import { Picture } from "./picture.js";
import { Swatch } from "./swatch.js";

export function SelectionPanel() {
  const { state } = useUi();
  const { items } = state.selection.value;
  return (
    <section aria-labelledby="selection-title" class="selection">
      <div class="panel-title">
        <h2 id="selection-title">Selection</h2>
        <b aria-live="polite" data-testid="selected">
          {items.length > 0 && itemsText(items.length)}
        </b>
      </div>
      {items.length === 0 ? <Nothing /> : <Chosen items={items} />}
      <Refusal />
    </section>
  );
}

function Nothing() {
  const { state } = useUi();
  if (state.readOnly.value) return <p class="hint">Draw round an island to look at its pictures.</p>;
  return (
    <p class="hint">
      Draw round an island to select it, then press its class's key. <kbd>Shift</kbd> adds, <kbd>Alt</kbd>{" "}
      takes away, the right button turns the cloud.
    </p>
  );
}

function Chosen({ items }: { items: Uint32Array }) {
  const { state, commands, atlas } = useUi();
  state.predictionsVersion.value;
  const classes = state.classes.value;
  const view = opinion(items, state.annotations.predictions, classes.length);
  const odd = new Set(view.clear ? view.odd : []);
  const guess = classes[view.classId];
  const sheet = contactSheet(items, view.clear ? view.odd : new Uint32Array(0));
  const labelled = items.reduce(
    (sum, item) => sum + ((state.annotations.labels[item] as number) >= 0 ? 1 : 0),
    0,
  );
  const keep = (predicate: (item: number) => boolean) => commands.select(items.filter(predicate));
  return (
    <>
      {atlas.current && (
        <div class="sheet" role="group" aria-label="Pictures of the selection">
          {Array.from(sheet, (item) => (
            <button
              key={item}
              type="button"
              class={odd.has(item) ? "thumb odd" : "thumb"}
              title={`item ${item}: click to leave it out`}
              aria-label={`Leave item ${item} out`}
              onClick={() => keep((other) => other !== item)}
            >
              <Picture item={item} size={28} />
            </button>
          ))}
        </div>
      )}
      <p class="opinion">
        {guess ? (
          <>
            <span>
              <span class="muted">{percent(view.share)} predicted</span> <Swatch colour={guess.colour} />{" "}
              <b>{guess.name}</b>
            </span>
            <span class="muted">
              {odd.size > 0 && `${count(odd.size)} differ`}
              {!view.clear && "not clear"}
            </span>
          </>
        ) : (
          <span class="muted">No prediction yet: give the first label.</span>
        )}
      </p>
      {labelled > 0 && <p class="hint">{count(labelled)} of them have a label already.</p>}
      {!state.readOnly.value && (
        <div class="actions">
          {guess && view.clear && (
            <button type="button" class="button primary" onClick={() => commands.label(guess.class_id)}>
              Label as {guess.name} <kbd>Enter</kbd>
            </button>
          )}
          {odd.size > 0 && (
            <button type="button" class="button" onClick={() => keep((item) => !odd.has(item))}>
              Drop {count(odd.size)}
            </button>
          )}
          {labelled > 0 && !view.clear && (
            <button type="button" class="button" onClick={() => commands.label(-1)}>
              Remove labels
            </button>
          )}
        </div>
      )}
    </>
  );
}

const REFUSAL_MS = 8000;

function Refusal() {
  const { state } = useUi();
  const refusal = state.refusal.value;
  useEffect(() => {
    if (!refusal) return;
    const timer = window.setTimeout(() => {
      state.refusal.value = null;
    }, REFUSAL_MS);
    return () => window.clearTimeout(timer);
  }, [refusal, state]);
  return (
    <p class="refusal" role="alert">
      {refusal?.message}
    </p>
  );
}
