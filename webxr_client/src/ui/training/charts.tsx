/**
 * Curves of the loss terms, of held-out accuracy and of drift, along the axis of the timeline. Each
 * curve has its own scale. A click shows the clicked moment.
 */
import { useMemo } from "preact/hooks";
import { isSite } from "../../net/site.js";
import { LOSS_TERMS } from "../../protocol/messages.js";
import { percent } from "../../state/format.js";
import { knownInstead } from "../../state/quality-text.js";
import { useUi } from "../kit/context.js";
import { loss } from "../kit/format.js";

interface Curve {
  key: string;
  name: string;
  title: string;
  colour: string;
  /** Smallest and largest value of the scale; by default the extremes of the curve. */
  range?: [number, number];
  /** Whether the curve is an accuracy. Its newest value is hidden while a class has no label. */
  scored?: boolean;
  /** Formats a value for the user. */
  write(value: number): string;
}

export const CURVES: readonly Curve[] = [
  ...LOSS_TERMS.map(({ name, label, title, colour }) => ({
    key: name,
    name: label,
    title,
    colour,
    write: loss,
  })),
  {
    key: "total",
    name: "total",
    title: "Weighted sum of the terms, which training minimises",
    colour: "#97a2b1",
    write: loss,
  },
  {
    key: "label_accuracy",
    name: "accuracy",
    title: "Accuracy of the predictions on labelled items held out of training",
    colour: "#4fd1a1",
    range: [0, 1],
    scored: true,
    write: (value) => percent(value),
  },
  {
    key: "head_accuracy",
    name: "head",
    title:
      "Held-out accuracy of the classification head. " +
      "The head sees only the latent mean, so the curve shows how well the map separates classes",
    colour: "#9be564",
    range: [0, 1],
    scored: true,
    write: (value) => percent(value),
  },
  {
    key: "drift",
    name: "drift",
    title: "Median motion of the points per frame, as a share of the cloud's spread",
    colour: "#7cc7ff",
    write: (value) => percent(value, 2),
  },
];

type Values = Readonly<Record<string, readonly (number | null)[]>>;

/** Samples of all curves. */
interface Samples {
  /** Position of each sample on the axis of the timeline, 0..100. */
  at: readonly number[];
  values: Values;
}

/** The curves of which `values` has at least one value. */
const known = (values: Values) =>
  CURVES.filter((curve) => values[curve.key]?.some((value) => value !== null));

/** The most useful curve of a training: the accuracy or, without labels, the loss. */
export function mainCurve(values: Values): Curve | undefined {
  const curves = known(values);
  const named = (key: string) => curves.find((curve) => curve.key === key);
  return named("label_accuracy") ?? named("total");
}

function useSamples(): Samples {
  const { state } = useUi();
  const timeline = state.time.timeline.value;
  const losses = state.losses.value;
  const recorded = timeline && timeline.curves.moment.length > 1;
  return useMemo(() => {
    if (recorded) {
      const last = Math.max(1, timeline.moments - 1);
      return {
        at: timeline.curves.moment.map((moment) => (100 * moment) / last),
        values: timeline.curves.values,
      };
    }
    const across = Math.max(1, losses.length - 1);
    const all = losses.map((sample) => ({ ...sample.terms, ...sample.metrics }));
    const names = CURVES.map((curve) => curve.key);
    return {
      at: losses.map((_, k) => (100 * k) / across),
      values: Object.fromEntries(names.map((name) => [name, all.map((one) => one[name] ?? null)])),
    };
  }, [timeline, recorded, losses]);
}

/** All curves. */
export function Charts() {
  const samples = useSamples();
  const shown = known(samples.values);
  if (shown.length === 0) return <p class="muted">Training curves appear here.</p>;
  return (
    <div class="charts">
      {shown.map((curve) => (
        <Chart
          key={curve.key}
          curve={curve}
          at={samples.at}
          values={samples.values[curve.key] ?? []}
        />
      ))}
    </div>
  );
}

/** The one curve of the bar at the bottom. */
export function MainChart() {
  const { at, values } = useSamples();
  const curve = mainCurve(values);
  return curve ? <Chart curve={curve} at={at} values={values[curve.key] ?? []} /> : null;
}

/**
 * Points of a polyline in a box of 100 x 100, y down.
 *
 * @param range Values at the bottom and at the top; by default the smallest and largest value.
 * @param at The x of each value; by default the values are evenly spaced.
 * @returns The `points` attribute; "" if no value is known.
 */
export function corners(
  values: readonly (number | null)[],
  range?: readonly [number, number],
  at?: readonly number[],
): string {
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
    points.push(`${(at?.[k] ?? (100 * k) / across).toFixed(1)},${y.toFixed(1)}`);
  });
  // A single sample is drawn as a horizontal line.
  if (points.length === 1) points.push(`100,${points[0]?.split(",")[1]}`);
  return points.join(" ");
}

interface ChartProps {
  curve: Curve;
  at: readonly number[];
  values: readonly (number | null)[];
}

function Chart({ curve, at, values }: ChartProps) {
  const { state, commands } = useUi();
  const { time } = state;
  const live = time.live.value;
  const last = time.last.value;
  const now = live ? 100 : (100 * time.moment.value) / Math.max(1, last);
  // While a class has no label, the newest accuracy is from before this class was added or undone.
  const unknown = state.labelled.value === 0 || knownInstead(state.review.quality.value) !== "";
  const outdated = curve.scored && live && unknown && !isSite;
  const go = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    if (last > 0) commands.goTo((last * (event.clientX - box.left)) / box.width);
  };
  return (
    <figure class="chart" title={curve.title}>
      <svg
        class="curve"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        aria-hidden="true"
        onClick={go}
      >
        <polyline
          points={corners(values, curve.range, at)}
          fill="none"
          stroke={curve.colour}
          stroke-width="1.5"
          stroke-linejoin="round"
          vector-effect="non-scaling-stroke"
        />
        {!live && (
          <line
            class="cursor"
            x1={now}
            x2={now}
            y1="0"
            y2="100"
            vector-effect="non-scaling-stroke"
          />
        )}
      </svg>
      <figcaption>
        <span class="chart-name">{curve.name}</span>{" "}
        <b>{written(curve, outdated ? null : valueAt(values, at, now))}</b>
      </figcaption>
    </figure>
  );
}

const written = (curve: Curve, value: number | null) => (value === null ? "–" : curve.write(value));

/** Newest value measured at or before a place on the axis; null without such a value. */
export function valueAt(
  values: readonly (number | null)[],
  at: readonly number[],
  place: number,
): number | null {
  for (let k = values.length - 1; k >= 0; k--)
    if (at[k]! <= place + 1e-6 && values[k] !== null) return values[k]!;
  return null;
}
