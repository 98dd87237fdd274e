/** Figures of quality, and the queues of items to look at. */
import { type Quality, SHEET_SIZE } from "../../protocol/messages.js";
import { count, percent } from "../../state/format.js";
import { type SheetKind, TARGET_SHARE } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";

const share = (value: number | null | undefined, digits = 0): string =>
  typeof value === "number" ? percent(value, digits) : "–";

interface Figure {
  name: string;
  /** Whether it takes a whole line. */
  wide?: boolean;
  value: string;
  title: string;
}

export function figures(quality: Quality | null, items: number, head?: number): Figure[] {
  const { held_out = 0, target = TARGET_SHARE } = quality ?? {};
  const part = (n: number | undefined) => (n === undefined || items === 0 ? null : n / items);
  const left = quality?.gestures_left;
  return [
    {
      name: "right (estimated)",
      wide: true,
      value: share(quality?.right, 1),
      title:
        "Estimated share of all items whose label, or else prediction, is right. " +
        "Items that somebody has looked at count as right, " +
        "all others with the confidence of the model.",
    },
    {
      name: "labels wrong (estimated)",
      wide: true,
      value: share(quality?.label_error, 1),
      title:
        "Estimated share of wrong labels, from the model's doubt in each label. " +
        "Labels that somebody has looked at count as right.",
    },
    {
      name: "held-out accuracy",
      wide: true,
      value: share(quality?.held_out_accuracy, 1),
      title: heldOutTitle(held_out, head),
    },
    {
      name: `to ${percent(target)} right`,
      wide: true,
      value:
        typeof left === "number" ? `${count(left)} ${left === 1 ? "gesture" : "gestures"}` : "–",
      title:
        `Estimated number of gestures until ${percent(target)} of all items are right, ` +
        "from the next sheets and regions.",
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
        ? `${count(quality.verified)} items have a label from somebody who looked at that very item`
        : "Items that somebody has looked at one by one",
    },
  ];
}

function heldOutTitle(heldOut: number, head: number | undefined): string {
  const items = heldOut > 0 ? `${count(heldOut)} labelled items` : "labelled items";
  const what = `Share of ${items}, kept out of training, that the model predicts as labelled.`;
  if (heldOut === 0) return `${what} More labels are needed to measure it.`;
  return head === undefined ? what : `${what} The head on the map alone: ${percent(head, 1)}.`;
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
            title="Open the next region or sheet that is worth a look, with the reason (W)"
            onClick={commands.next}
          >
            Suggest next <kbd>W</kbd>
          </button>
        )}
      </div>
      <dl class="figures" data-testid="quality">
        {figures(quality, session.n_items, head).map(({ name, wide, value, title }) => (
          <div key={name} class={wide ? "wide" : ""} title={title}>
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
            title="Items whose prediction is uncertain"
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
      title={`${title}, ${SHEET_SIZE} at a time (${keys})`}
      aria-expanded={state.review.sheet.value?.kind === kind}
      onClick={() => commands.openSheet(kind)}
    >
      {kind} {length !== undefined && <b>{count(length)}</b>} <kbd>{keys}</kbd>
    </button>
  );
}
