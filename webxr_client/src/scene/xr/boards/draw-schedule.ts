/**
 * Drawing of stale boards (boards whose content has changed). At most one board is drawn per frame,
 * because drawing a board and sending it to the GPU costs as much as everything else in a frame.
 * Stale boards are drawn in turn, so that no board stays stale.
 */
import type { Texture } from "three";
import type { Board } from "./board.js";

/**
 * Shortest time between two drawings of one board, in ms, because text on the board can change
 * in every frame.
 */
const BOARD_MS = 120;
/** Largest number of consecutive frames for which the drawing of a board is delayed. */
const LONGEST_WAIT = 2;

export class DrawSchedule {
  /** Index of the board that was checked last. */
  private turn = 0;
  /** Number of frames for which the drawing has been delayed. */
  private waited = 0;

  /**
   * `upload`: sends a texture to the GPU at once. Without this call, three.js would send the
   * texture only when it renders the board, after the points. A GPU that draws in tiles would then
   * have to store the half-drawn frame and load it again, and the frame would lose its
   * multisampling.
   */
  constructor(
    readonly boards: Board[],
    private readonly upload: (texture: Texture) => void,
  ) {}

  /**
   * Draw a stale board, if there is one. `busy`: the frame has other work, so the drawing may be
   * delayed. Returns false if the drawing was delayed.
   */
  draw(now: number, busy: boolean): boolean {
    const { boards } = this;
    this.waited = busy && this.waited < LONGEST_WAIT ? this.waited + 1 : 0;
    if (this.waited > 0) return false;
    for (let k = 0; k < boards.length; k++) {
      this.turn = (this.turn + 1) % boards.length;
      const board = boards[this.turn]!;
      if (!board.mesh.visible || now - board.drawnAt < BOARD_MS) continue;
      if (!board.drawIfStale()) continue;
      board.drawnAt = now;
      this.upload(board.texture);
      break;
    }
    return true;
  }
}
