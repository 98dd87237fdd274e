/** Drawing of one panel: scatter plot of the latent means, and marginal histograms by class. */
import { axisLimit, histograms, markStep, positionsAt } from "./panel-math.js";
import type { PanelRecording } from "./panel-recording.js";

const BINS = 40;
/** Share of the canvas that a histogram takes, as in the paper's figure. */
const HISTOGRAM = 1 / 7;
/** Colours of unlabelled items on a dark and on a light page. */
const UNLABELLED = ["#6b7686", "#9193a0"] as const;

export interface Ink {
  text: string;
  line: string;
}

export class PanelView {
  private readonly latent: Float32Array;
  private readonly colours: string[];
  /** Colour per item, as bytes of ImageData. */
  private readonly pixels: Uint32Array;
  private image: ImageData | null = null;
  /** Limit of the axes (-limit to limit) that fits the last epoch of this panel. */
  readonly ownLimit: number;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    readonly recording: PanelRecording,
    /**
     * Factor by which the brightness of class colours is multiplied, 0 to 1. On a light page the
     * factor is below 1, because pale colours would be invisible there.
     */
    share = 1,
  ) {
    const last = recording.moments.at(-1) ?? new Float32Array();
    this.latent = new Float32Array(last.length);
    this.colours = recording.classes.map(({ colour }) => inked(colour, share));
    this.ownLimit = axisLimit(last);
    const bytes = [...this.colours, UNLABELLED[share < 1 ? 1 : 0]].map(bytesOf);
    this.pixels = Uint32Array.from(
      recording.labels,
      (label) => bytes[label >= 0 && label < this.colours.length ? label : bytes.length - 1]!,
    );
  }

  /** Draw the state at `epoch`, on axes from -limit to limit. */
  draw(epoch: number, limit: number, ink: Ink): void {
    const { canvas } = this;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const side = Math.round(canvas.clientWidth * ratio);
    const context = canvas.getContext("2d");
    if (side === 0 || !context) return;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    positionsAt(this.recording.moments, epoch, this.latent);
    const strip = Math.round(side * HISTOGRAM);
    const plot = side - strip;
    context.clearRect(0, 0, side, side);
    this.drawPoints(context, strip, plot, limit, ratio);
    drawAxes(context, strip, plot, limit, ratio, ink);
    this.drawHistograms(context, strip, plot, limit, ratio);
  }

  private drawPoints(
    context: CanvasRenderingContext2D,
    top: number,
    plot: number,
    limit: number,
    ratio: number,
  ): void {
    if (this.image?.width !== plot) this.image = context.createImageData(plot, plot);
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(0);
    const size = Math.max(2, Math.round(1.3 * ratio));
    const scale = plot / (2 * limit);
    for (let item = 0; item < this.pixels.length; item++) {
      const x = Math.round((this.latent[2 * item]! + limit) * scale - size / 2);
      const y = Math.round((limit - this.latent[2 * item + 1]!) * scale - size / 2);
      if (x < 0 || y < 0 || x + size > plot || y + size > plot) continue;
      for (let row = y; row < y + size; row++)
        pixels.fill(this.pixels[item]!, row * plot + x, row * plot + x + size);
    }
    context.putImageData(this.image, 0, top);
  }

  private drawHistograms(
    context: CanvasRenderingContext2D,
    strip: number,
    plot: number,
    limit: number,
    ratio: number,
  ): void {
    const classes = this.colours.length;
    const { labels } = this.recording;
    const gap = Math.round(2 * ratio);
    for (const axis of [0, 1] as const) {
      const counts = histograms(this.latent, labels, classes, axis, limit, BINS);
      const height = (strip - 2 * gap) / Math.max(1, ...counts);
      const width = plot / BINS;
      context.lineWidth = ratio;
      for (let k = 0; k < classes; k++) {
        context.strokeStyle = this.colours[k]!;
        context.beginPath();
        for (let bin = 0; bin < BINS; bin++) {
          const tall = counts[k * BINS + bin]! * height;
          // Where the histogram is 0, no line is drawn, because this line would cover the lines of
          // other classes.
          if (tall === 0 && !(counts[k * BINS + bin - 1]! > 0 && bin > 0)) {
            if (axis === 0) context.moveTo((bin + 1) * width, strip - gap);
            else context.moveTo(plot + gap, strip + plot - (bin + 1) * width);
            continue;
          }
          for (const edge of [bin * width, (bin + 1) * width]) {
            // The histogram of the vertical axis is turned by 90 degrees.
            if (axis === 0) context.lineTo(edge, strip - gap - tall);
            else context.lineTo(plot + gap + tall, strip + plot - edge);
          }
        }
        context.stroke();
      }
    }
  }
}

function drawAxes(
  context: CanvasRenderingContext2D,
  top: number,
  plot: number,
  limit: number,
  ratio: number,
  ink: Ink,
): void {
  context.strokeStyle = ink.line;
  context.lineWidth = ratio;
  context.strokeRect(ratio / 2, top + ratio / 2, plot - ratio, plot - ratio);
  context.fillStyle = ink.text;
  context.font = `${Math.round(10 * ratio)}px Inter, sans-serif`;
  const step = markStep(limit);
  const scale = plot / (2 * limit);
  const tick = 4 * ratio;
  const marks = Math.floor(limit / step);
  for (let mark = -marks; mark <= marks; mark++) {
    const along = (mark * step + limit) * scale;
    const written = String(Number((mark * step).toPrecision(6)));
    context.fillRect(along, top + plot - tick, ratio, tick);
    context.fillRect(0, top + plot - along, tick, ratio);
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(written, along, top + plot - tick - ratio);
    context.textAlign = "left";
    context.textBaseline = "middle";
    // The number of the lowest mark is left out, because it would cover numbers of the horizontal
    // axis.
    if (along > 30 * ratio) context.fillText(written, tick + 2 * ratio, top + plot - along);
  }
}

/** A colour "#rrggbb" with its brightness multiplied by `share`. */
export function inked(colour: string, share: number): string {
  const rgb = Number.parseInt(colour.slice(1), 16);
  const factor = share ** (1 / 2.2);
  const bytes = [rgb >> 16, rgb >> 8, rgb].map((value) => Math.round((value & 255) * factor));
  return `#${bytes.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** A colour "#rrggbb" as the bytes of one pixel, in the order of ImageData. */
export function bytesOf(colour: string): number {
  const rgb = Number.parseInt(colour.slice(1), 16);
  const bytes = new Uint8ClampedArray([rgb >> 16, rgb >> 8, rgb, 255].map((value) => value & 255));
  return new Uint32Array(bytes.buffer)[0]!;
}
