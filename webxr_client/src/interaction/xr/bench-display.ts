/** The board in the room that shows the figures of `?bench`. */
import { BenchBoard, type BenchFigures } from "../../scene/xr/boards/bench-board.js";
import { BENCH_PLACE, BENCH_SCALE } from "./placement/dimensions.js";
import type { HeadPose } from "./placement/head-pose.js";

/** Time between two drawings of the board, ms. */
const SHOWN_MS = 500;

export class BenchDisplay {
  readonly board = new BenchBoard();
  private shown = 0;

  constructor() {
    this.board.mesh.scale.setScalar(BENCH_SCALE);
  }

  get mesh() {
    return this.board.mesh;
  }

  /** Place the board in front of the person. */
  place(head: HeadPose): void {
    head.toRoom(this.mesh.position, BENCH_PLACE);
    this.mesh.lookAt(head.position);
  }

  /**
   * Show new figures if SHOWN_MS have passed since the last drawing. Returns whether the board was
   * drawn.
   */
  update(now: number, figures: () => BenchFigures): boolean {
    if (now - this.shown < SHOWN_MS) return false;
    this.shown = now;
    this.board.show(figures());
    return this.board.drawIfStale();
  }

  dispose(): void {
    this.board.dispose();
  }
}
