/** How well it stands, in a few figures, and what to look at to make it better. */
import type { Quality } from "../../protocol/messages.js";
import { count, percent } from "../../state/format.js";
import type { SheetKind } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";

const share = (value: number | null | undefined, digits = 0): string =>
  typeof value === "number" ? percent(value, digits) : "–";

interface Figure {
  name: string;
  value: string;
  title: string;
}

export function figures(quality: Quality | null, items: number, head?: number): Figure[] {
  const { held_out = 0, target = 0.98 } = quality ?? {};
  const part = (n: number | undefined) => (n === undefined || items === 0 ? null : n / items);
  const left = quality?.gestures_left;
  return [
    {
      name: "right",
      value: share(quality?.right, 1),
      title:
        "Estimated share of all items that are right, by their label or else by their prediction: what was looked at counts as right, the rest as likely as the model thinks",
    },
    {
      name: "labels wrong",
      value: share(quality?.label_error, 1),
      title:
        "Estimated share of the labels that are wrong: the model's doubt in each, none in those that somebody has looked at",
    },
    {
      name: "unseen right",
      value: share(quality?.held_out_accuracy, 1),
      title:
        held_out > 0
          ? `Held-out accuracy: how many of ${count(held_out)} labelled items, kept from the model while it learns, it predicts as labelled${head === undefined ? "" : `; the head on the map alone: ${percent(head, 1)}`}`
          : "Held-out accuracy: how many labelled items, kept from the model while it learns, it predicts as labelled; it takes more labels to tell",
    },
    {
      name: `to ${percent(target)}`,
      value:
        typeof left === "number" ? `${count(left)} ${left === 1 ? "gesture" : "gestures"}` : "–",
      title: `About how many more gestures it takes until ${percent(target)} of all items are right, going by what the next sheets and regions hold`,
    },
    {
      name: "labelled",
      value: share(part(quality?.labelled)),
      title: quality
        ? `${count(quality.labelled)} of ${count(items)} items have a label`
        : "Items with a label",
    },
    {
      name: "looked at",
      value: share(part(quality?.verified)),
      title: quality
        ? `${count(quality.verified)} items have a label that somebody gave after looking at that very item: on a sheet, or picked one by one`
        : "Items that somebody has looked at one by one",
    },
  ];
}

export function QualityPanel() {
  const { state, commands } = useUi();
  const quality = state.review.quality.value;
  const session = state.session.value;
  const canLabel = !state.readOnly.value;
  const head = state.losses.value.at(-1)?.metrics.head_accuracy;
  if (!session || (!quality && !canLabel)) return null;
  return (
    <section class="quality wide-only" aria-labelledby="quality-title">
      <div class="panel-title">
        <h2 id="quality-title">Quality</h2>
        {canLabel && (
          <button
            type="button"
            class="link"
            title="What is worth looking at next, and why (W)"
            onClick={commands.next}
          >
            next to look at <kbd>W</kbd>
          </button>
        )}
      </div>
      <dl class="figures" data-testid="quality">
        {figures(quality, session.n_items, head).map(({ name, value, title }) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {canLabel && (
        <div class="queues">
          <Queue
            kind="suspects"
            keys="Q"
            length={quality?.suspects}
            title="Labels that the model doubts"
          />
          <Queue
            kind="uncertain"
            keys="U"
            length={quality?.uncertain}
            title="Items that the model cannot decide on"
          />
        </div>
      )}
    </section>
  );
}

interface QueueProps {
  kind: SheetKind;
  keys: string;
  length: number | undefined;
  title: string;
}

function Queue({ kind, keys, length, title }: QueueProps) {
  const { state, commands } = useUi();
  return (
    <button
      type="button"
      class="button"
      data-queue={kind}
      title={`${title}, 27 at a time (${keys})`}
      aria-expanded={state.review.sheet.value?.kind === kind}
      onClick={() => commands.openSheet(kind)}
    >
      {kind} {length !== undefined && <b>{count(length)}</b>} <kbd>{keys}</kbd>
    </button>
  );
}
