/** The loss terms as small live curves, each on its own scale: what matters is where it goes. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
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

function Chart({ curve, losses }: { curve: Curve; losses: readonly Losses[] }) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = holder.current as HTMLDivElement;
    const size = () => ({ width: Math.max(40, element.clientWidth), height: element.clientHeight });
    const made = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [3, 1, 3, 1],
        scales: { x: { time: false }, y: curve.range ? { range: curve.range } : {} },
        axes: [{ show: false }, { show: false }],
        series: [{}, { stroke: curve.colour, width: 1.5, points: { show: false }, spanGaps: true }],
      },
      [[], []],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [curve]);
  const values = losses.map((sample) => curve.read(sample) ?? null);
  if (values.length === 1) values.push(values[0] ?? null); // one sample is a level, not yet a curve
  useEffect(() => plot.current?.setData([values.map((_, k) => k), values]));
  const last = values.findLast((value) => value !== null) ?? Number.NaN;
  return (
    <figure class={curve.minor ? "chart minor" : "chart"} title={curve.title}>
      <div ref={holder} class="curve" aria-hidden="true" />
      <figcaption>
        <span class="chart-name">{curve.name}</span> <b>{curve.write(last)}</b>
      </figcaption>
    </figure>
  );
}
