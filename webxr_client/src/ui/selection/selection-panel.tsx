/** Panel of the selection: pictures, prediction and actions. */
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { itemNumber } from "../../net/api.js";
import type { ClassInfo } from "../../protocol/messages.js";
import { count, items as itemsText, percent } from "../../state/format.js";
import { replaceNote } from "../../state/overwritten.js";
import {
  isSuggested,
  sampleItems,
  summarise,
  withoutLabels,
} from "../../state/selection-summary.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { list } from "../kit/format.js";
import { KeyHint } from "../kit/key-hint.js";
import { Walk } from "./decoded.js";
import { Picture } from "./picture.js";
import type { TextLinesProps } from "./text-lines.js";

/** Number of texts that the panel shows. */
const LINES = 5;

interface SelectionPanelProps {
  /** Search for items like an example; undefined on a baked site. */
  example?: ComponentType;
  /** The bars of the selection; undefined on a baked site. */
  composition?: ComponentType<{ items: Uint32Array }>;
  /** Other views of the selection; undefined on a baked site. */
  views?: ComponentType<{ items: Uint32Array }>;
  /** Switch that keeps the next label as a rule; undefined on a baked site. */
  keep?: ComponentType<{ items: Uint32Array }>;
  /** List of texts; undefined on a baked site. */
  texts?: ComponentType<TextLinesProps>;
  /** Buttons that add similar items and accept predictions; undefined on a baked site. */
  more?: ComponentType;
  accept?: ComponentType;
  /** What to do without a selection; undefined on a baked site. */
  hint?: ComponentType;
}

export function SelectionPanel({
  composition: Composition,
  example: Example,
  views: Views,
  keep: Keep,
  texts,
  more: More,
  accept,
  hint,
}: SelectionPanelProps) {
  const { state } = useUi();
  const { items } = state.selection.value;
  state.labelsVersion.value;
  const tiled = state.tiled.value;
  const labelled = withLabel(items, state.annotations.labels);
  return (
    <section aria-labelledby="selection-title" class="selection">
      <div class="panel-title">
        <h2 id="selection-title">Selection</h2>
        <b aria-live="polite" data-testid="selected">
          {items.length > 0 && itemsText(tiled?.selected || items.length)}
          {labelled > 0 && <span class="faint-text"> · {count(labelled)} labelled</span>}
          {items.length > 0 && tiled && tiled.selected !== items.length && (
            <span class="faint-text">
              {" "}
              · {tiled.selected ? `${count(items.length)} ` : ""}loaded
            </span>
          )}
        </b>
        {Example && !tiled && items.length === 0 && <Example />}
      </div>
      {state.review.sheet.value && state.review.sheet.value.status !== "done" ? (
        <OnSheet />
      ) : items.length === 0 ? (
        <Nothing hint={hint} />
      ) : (
        <>
          <Chosen items={items} labelled={labelled} texts={texts} accept={accept}>
            {Views && <Views items={items} />}
          </Chosen>
          {Keep && <Keep items={items} />}
          {More && !tiled && <More />}
          {Composition && !tiled && <Composition items={items} />}
        </>
      )}
      <Refusal />
    </section>
  );
}

function Nothing({ hint: Hint }: Pick<SelectionPanelProps, "hint">) {
  if (useUi().state.readOnly.value)
    return <p class="hint">Draw around a cluster with the lasso to look at its items.</p>;
  return Hint ? <Hint /> : null;
}

function OnSheet() {
  const { sheet } = useUi().state.review;
  const replaced = sheet.value?.items.some(({ class_id }) => class_id >= 0)
    ? " Labels that are struck through are replaced."
    : "";
  return (
    <>
      <p class="hint on-sheet mouse-only">
        <KeyHint action="confirm" /> gives each item the class whose colour is under it. A class key
        corrects the framed items. <KeyHint action="group" /> frames the whole group.{replaced}
      </p>
      <p class="hint on-sheet touch-only">
        The first button of the sheet gives each item the class whose colour is under it. To correct
        an item, tap the item, then the name of its class.{replaced}
      </p>
    </>
  );
}

interface ChosenProps extends Pick<SelectionPanelProps, "texts" | "accept"> {
  items: Uint32Array;
  labelled: number;
  /** Shown below the pictures. */
  children: ComponentChildren;
}

function Chosen({ items, labelled, texts: Texts, accept: Accept, children }: ChosenProps) {
  const { state, commands, atlas } = useUi();
  state.predictionsVersion.value;
  state.picturesVersion.value;
  const classes = state.classes.value;
  const view = summarise(items, state.annotations.predictions, classes.length);
  const odd = view.clear ? view.odd : new Uint32Array(0);
  const isOdd = (item: number) =>
    view.clear && state.annotations.predictions[item] !== view.classId;
  const guess = classes[view.classId];
  // A class without labels is never predicted: items of such a class are predicted as other
  // classes, often with a high confidence.
  const unknown = withoutLabels(state);
  const { reason } = state.selection.value;
  const use = state.regionUse.value;
  const suggested = isSuggested(state, view);
  const sheet = sampleItems(items, odd);
  const keep = (predicate: (item: number) => boolean) => commands.select(items.filter(predicate));
  return (
    <>
      {reason && <p class="hint reason">{reason}</p>}
      {use !== "replace" && (
        <p class="hint" data-testid="region-use">
          The next region or item is {use === "add" ? "added" : "removed"}.
        </p>
      )}
      {atlas.current && (
        <div class="sheet" role="group" aria-label="Pictures of the selection">
          {Array.from(sheet, (item) => (
            <button
              key={item}
              type="button"
              class={isOdd(item) ? "thumb odd" : "thumb"}
              title={`item ${itemNumber(item)}: click to deselect it`}
              aria-label={`Deselect item ${itemNumber(item)}`}
              onClick={() => keep((other) => other !== item)}
            >
              <Picture item={item} size={28} />
            </button>
          ))}
        </div>
      )}
      {Texts && state.session.value?.text_column && (
        <Texts
          items={sheet.subarray(0, LINES)}
          name="Texts of the selection"
          effect="Deselect this item"
          choose={(item) => keep((other) => other !== item)}
        />
      )}
      {children}
      {items.length === 2 && <Walk items={items} />}
      {labelled > 0 && !state.readOnly.value && (
        <p class="hint" data-testid="replaced">
          {replaceNote(state.annotations.labels, items, classes)}
        </p>
      )}
      <p class="opinion">
        {guess ? (
          <>
            <span class="opinion-of">
              <span
                class="muted"
                title="Share of the selected items whose prediction is this class"
              >
                {percent(view.share)} are predicted
              </span>
              <Swatch colour={guess.colour} of={guess.class_id} />
              <b>{guess.name}</b>
            </span>
            <span class="muted">
              {view.clear ? odd.length > 0 && `${count(odd.length)} differ` : "mixed"}
            </span>
          </>
        ) : state.session.value?.tiles ? null : (
          <span class="muted">No prediction yet. Label items of at least two classes first.</span>
        )}
      </p>
      {!suggested && guess && !state.readOnly.value && <MayBeNew unknown={unknown} />}
      {!state.readOnly.value && (
        <div class="actions">
          {guess && view.clear && (
            <button
              type="button"
              class={suggested ? "button primary" : "button"}
              onClick={() => commands.label(guess.class_id)}
            >
              {state.rules.keeps(state.selection.value) ? "Keep as a rule for" : "Label as"}{" "}
              {guess.name} {suggested && <KeyHint action="confirm" />}
            </button>
          )}
          {odd.length > 0 && (
            <button type="button" class="button" onClick={() => keep((item) => !isOdd(item))}>
              Leave out {count(odd.length)}
            </button>
          )}
          {labelled > 0 && !view.clear && (
            <button type="button" class="button" onClick={() => commands.label(-1)}>
              Remove labels
            </button>
          )}
          {guess && (
            <button
              type="button"
              class="button"
              title={`Add nearby items that are also predicted as ${guess.name}`}
              onClick={commands.grow}
            >
              Grow <KeyHint action="grow" />
            </button>
          )}
        </div>
      )}
      {Accept && !state.readOnly.value && guess && unknown.length === 0 && <Accept />}
    </>
  );
}

/** Hint that the selected items may be of a class that the model does not know. */
function MayBeNew({ unknown }: { unknown: readonly ClassInfo[] }) {
  if (unknown.length === 0) return null;
  return (
    <p class="hint">
      These items may belong to a class without labels: {some(unknown)}. Such a class is never
      predicted.
    </p>
  );
}

/** The names of the classes if the list is short, otherwise the number of classes. */
function some(classes: readonly ClassInfo[]): string {
  const names = list(classes.map((info) => info.name));
  return names.length <= 40 ? names : `${count(classes.length)} classes`;
}

/** Number of `items` that have a label. */
function withLabel(items: Uint32Array, labels: Int16Array): number {
  let count = 0;
  for (const item of items) if (labels[item]! >= 0) count++;
  return count;
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
