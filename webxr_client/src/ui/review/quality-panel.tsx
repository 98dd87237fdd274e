/** Panel with the estimates of quality. */
import type { ComponentType } from "preact";
import type { Quality } from "../../protocol/messages.js";
import { count, percent } from "../../state/format.js";
import { estimate, knownInstead, lacksLabels, rightTitle } from "../../state/quality-text.js";
import { useUi } from "../kit/context.js";

const share = (value: number | null | undefined, digits = 0): string =>
  typeof value === "number" ? percent(value, digits) : "–";

interface Figure {
  name: string;
  /** Whether the figure takes a whole row of the panel. */
  wide?: boolean;
  value: string;
  title: string;
}

/**
 * The figures of the panel: estimates and counts. While a class has no label, the panel has only
 * the counts.
 *
 * @param quality Figures of the server; null before the first estimate.
 * @param items Number of all items.
 * @param head Held-out accuracy of the classification head, 0..1, if it was measured.
 */
export function figures(quality: Quality | null, items: number, head?: number): Figure[] {
  return quality && lacksLabels(quality)
    ? counts(quality, items)
    : [...estimates(quality, head), ...counts(quality, items)];
}

function estimates(quality: Quality | null, head?: number): Figure[] {
  return [
    {
      name: "right (estimated)",
      wide: true,
      value: estimate(quality?.right, quality?.right_interval),
      title: rightTitle(quality),
    },
    {
      name: "labels wrong (estimated)",
      wide: true,
      value: estimate(quality?.label_error, quality?.label_error_interval),
      title:
        "Estimated share of wrong labels, from the model's doubt in each label. " +
        "Labels that somebody has looked at count as right.",
    },
    {
      name: "held-out accuracy",
      wide: true,
      value: estimate(quality?.held_out_accuracy, quality?.held_out_interval),
      title: heldOutTitle(quality?.held_out ?? 0, head),
    },
  ];
}

function counts(quality: Quality | null, items: number): Figure[] {
  const part = (n: number | undefined) => (n === undefined || items === 0 ? null : n / items);
  return [
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
        ? `${count(quality.verified)} of ${count(items)} items have a label that somebody gave ` +
          "or confirmed while looking at the item"
        : "Items with a label that somebody gave or confirmed while looking at the item",
    },
  ];
}

function heldOutTitle(heldOut: number, head: number | undefined): string {
  const items = heldOut > 0 ? `${count(heldOut)} labelled items` : "labelled items";
  const what = `Share of ${items}, held out of training, whose prediction equals their label.`;
  if (heldOut === 0) return `${what} More labels are needed to measure this share.`;
  return head === undefined
    ? what
    : `${what} Accuracy of the head, which sees only the latent mean: ${percent(head, 1)}.`;
}

interface QualityPanelProps {
  /** Buttons that open contact sheets; undefined on a baked site. */
  queues?: ComponentType;
}

export function QualityPanel({ queues: Queues }: QualityPanelProps) {
  const { state } = useUi();
  const quality = state.review.quality.value;
  const session = state.session.value;
  const instead = knownInstead(quality);
  const canLabel = !state.readOnly.value;
  const head = state.losses.value.at(-1)?.metrics.head_accuracy;
  if (!session || session.tiles || (!quality && !canLabel)) return null;
  // Before the first label, there is nothing to estimate and no sheet to open.
  if (canLabel && !quality?.labelled) return null;
  return (
    <section
      class={quality && quality.labelled > 0 ? "quality reviewed wide-only" : "quality wide-only"}
      aria-labelledby="quality-title"
    >
      <div class="panel-title">
        <h2 id="quality-title">Quality</h2>
      </div>
      {instead && (
        <p class="hint known-instead">
          <b>{instead}.</b> How many items are right can be estimated when every class has a label.
        </p>
      )}
      <dl class="figures" data-testid="quality">
        {figures(quality, session.n_items, head).map(({ name, wide, value, title }) => (
          <div key={name} class={wide ? "wide" : ""} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {canLabel && Queues && <Queues />}
    </section>
  );
}
