/**
 * Cost of a frame, shown in the headset with ?bench in the address, so that anybody can report it.
 */
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, font } from "./board.js";

export interface BenchFigures {
  /** Milliseconds between frames: median and 95th percentile. */
  frameMs: number;
  frameMs95: number;
  /** Milliseconds of the main thread per frame: median and 95th percentile. */
  scriptMs: number;
  scriptMs95: number;
  drawCalls: number;
  points: number;
  /** Pixels of both eyes together. */
  width: number;
  height: number;
  rate: number;
}

export class BenchBoard extends Board {
  private figures: BenchFigures | null = null;

  constructor() {
    super(0.3, 0.13, 3600);
  }

  show(figures: BenchFigures): void {
    this.figures = figures;
    this.invalidate();
  }

  protected draw(context: CanvasRenderingContext2D): void {
    drawGround(context, 300, 130, 10);
    const { figures } = this;
    if (!figures) return;
    const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
    const lines: [string, string][] = [
      [
        "frame",
        `${ms(figures.frameMs)}, 95 % under ${ms(figures.frameMs95)} (${figures.rate || "?"} Hz)`,
      ],
      ["script", `${ms(figures.scriptMs)}, 95 % under ${ms(figures.scriptMs95)}`],
      ["draw calls", String(figures.drawCalls)],
      ["points", figures.points.toLocaleString("en")],
      ["both eyes", `${figures.width} × ${figures.height} pixels`],
    ];
    context.textBaseline = "alphabetic";
    lines.forEach(([name, value], k) => {
      const y = 25 + 22 * k;
      context.textAlign = "left";
      font(context, 10);
      context.fillStyle = BOARD_MUTED;
      context.fillText(name, 14, y);
      context.fillStyle = BOARD_TEXT;
      font(context, 10, 600);
      context.fillText(value, 86, y);
    });
  }
}
