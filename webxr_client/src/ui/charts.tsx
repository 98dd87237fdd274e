/** The loss terms as small live curves, each on its own scale: what matters is where it goes. */
import type { Losses } from "../protocol/messages.js";
import { useUi } from "./context.js";
import { loss, percent } from "./format.js";

interface Curve {
  key: string;
  name: string;
  title: string;
  colour: string;
  /** Ends of its scale; without them it fills its height. */
  range?: [number, number];
  /** Left out where there is little room. */
  minor?: boolean;
  read(losses: Losses): number | undefined;
  write(value: number): string;
}

const term = (key: string, name: string, title: string, colour: string): Curve => ({
  key,
  name,
  title,
  colour,
  read: (losses) => losses.terms[key],
  write: loss,
});

export const CURVES: readonly Curve[] = [
  term("reconstruction", "reconstruction", "Reconstruction loss, nats an item", "#57b8f0"),
  term("kl", "KL", "KL divergence to the prior, nats an item", "#b392ff"),
  term("classification", "classification", "Cross-entropy of the head, nats", "#f2a33a"),
  term("neighbour", "neighbour", "Neighbour term, nats an item", "#1fc49a"),
  {
    ...term("encoder", "encoder", "How far the encoder is from the particles", "#e88ac6"),
    minor: true,
  },
  {
    ...term("anchor", "anchor", "How far latent means are from where they are held", "#ff8a5c"),
    minor: true,
  },
  term("total", "total", "The weighted sum that training lowers", "#97a2b1"),
  {
    key: "label_accuracy",
    name: "accuracy",
    title: "Accuracy on labelled items held out of training",
    colour: "#4fd1a1",
    range: [0, 1],
    read: (losses) => losses.metrics.label_accuracy,
    write: (value) => percent(value, 1),
  },
];

export function Charts() {
  const { state } = useUi();
  const losses = state.losses.value;
  const shown = CURVES.filter((curve) => losses.some((sample) => curve.read(sample) !== undefined));
  if (shown.length === 0) return <p class="muted charts-empty">The curves of training appear here.</p>;
  return (
    <div class="charts">
      {shown.map((curve) => (
        <Chart key={curve.key} curve={curve} losses={losses} />
      ))}
    </div>
  );
}

/** The curve's corners in a box of 100 x 100, y down; "" where there is nothing to draw. */
export function corners(values: readonly (number | null)[], range?: readonly [number, number]): string {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return "";
  const low = range?.[0] ?? Math.min(...known);
  const high = range?.[1] ?? Math.max(...known);
  const span = high - low || 1;
  const across = Math.max(1, values.length - 1);
  const points: string[] = [];
  values.forEach((value, k) => {
    if (value === null || !Number.isFinite(value)) return;
    const y = high === low && !range ? 50 : 96 - (92 * (value - low)) / span;
    points.push(`${((100 * k) / across).toFixed(1)},${y.toFixed(1)}`);
  });
  // One sample is a level, not yet a curve.
  if (points.length === 1) points.push(`100,${points[0]?.split(",")[1]}`);
  return points.join(" ");
}

function Chart({ curve, losses }: { curve: Curve; losses: readonly Losses[] }) {
  const values = losses.map((sample) => curve.read(sample) ?? null);
  const last = values.findLast((value) => value !== null) ?? Number.NaN;
  return (
    <figure class={curve.minor ? "chart minor" : "chart"} title={curve.title}>
      <svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <polyline
          points={corners(values, curve.range)}
          fill="none"
          stroke={curve.colour}
          stroke-width="1.5"
          stroke-linejoin="round"
          vector-effect="non-scaling-stroke"
        />
      </svg>
      <figcaption>
        <span class="chart-name">{curve.name}</span> <b>{curve.write(last)}</b>
      </figcaption>
    </figure>
  );
}
