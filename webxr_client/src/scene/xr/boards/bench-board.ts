/** Board with the cost of a frame, shown in the headset with `?bench` in the address. */
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, font } from "./board.js";

/** Durations of the last frames. */
export interface FrameFigures {
  /** Median time between frames, ms. */
  frameMs: number;
  /** 95th percentile of the time between frames, ms. */
  frameMs95: number;
  /** Median time of the main thread per frame, ms. */
  scriptMs: number;
  /** 95th percentile of the time of the main thread per frame, ms. */
  scriptMs95: number;
  /** Draw calls of the last frame. */
  drawCalls: number;
  /** Number of frames that began more than 1.5 periods after the previous frame. */
  late?: number;
}

export interface BenchFigures extends FrameFigures {
  /** Number of points in the cloud. */
  points: number;
  /** Width of the picture of both eyes together, pixels. */
  width: number;
  /** Height of the picture, pixels. */
  height: number;
  /** Current level of quality. 0 is the best picture; slow frames increase the level. */
  quality?: number;
  /** Frame rate of the session, Hz; 0 if the browser does not report it. */
  rate: number;
}

/** Height of the board, millimetres. */
const HEIGHT = 152;

export class BenchBoard extends Board {
  private figures: BenchFigures | null = null;

  constructor() {
    super(0.3, HEIGHT / 1000);
  }

  show(figures: BenchFigures): void {
    this.figures = figures;
    this.invalidate();
  }

  protected draw(context: CanvasRenderingContext2D): void {
    drawGround(context, 300, HEIGHT, 10);
    const { figures } = this;
    if (!figures) return;
    const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
    const lines: [string, string][] = [
      [
        "frame",
        `${ms(figures.frameMs)}, 95 % under ${ms(figures.frameMs95)} (${figures.rate || "?"} Hz)`,
      ],
      ["script", `${ms(figures.scriptMs)}, 95 % under ${ms(figures.scriptMs95)}`],
      ["late", `${(figures.late ?? 0).toLocaleString("en")} frames over 1.5 periods`],
      ["draw calls", String(figures.drawCalls)],
      ["points", `${figures.points.toLocaleString("en")}, quality level ${figures.quality ?? 0}`],
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
