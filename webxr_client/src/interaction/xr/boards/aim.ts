/** The board that a hand touches or points at: the palette or the contact sheet. */
import type { Matrix4 } from "three";
import {
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type Tile,
} from "../../../scene/xr/boards/palette-layout.js";
import { SHEET_HEIGHT, SHEET_WIDTH } from "../../../scene/xr/boards/sheet-layout.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { BoardPointing } from "./board-pointing.js";

/** The boards in the room. The matrix of a mesh is room-from-board, in metres. */
export interface BoardsInRoom {
  readonly palette: {
    readonly mesh: { readonly matrix: Matrix4 };
    readonly tiles: readonly Tile[];
  };
  /** The board of the contact sheet; visible while a contact sheet is open. */
  readonly sheet: {
    readonly mesh: { readonly matrix: Matrix4; visible: boolean };
    readonly tiles: readonly Tile[];
  };
}

export class BoardAim {
  private readonly atPalette = new BoardPointing(PALETTE_WIDTH, PALETTE_HEIGHT);
  private readonly atSheet = new BoardPointing(SHEET_WIDTH, SHEET_HEIGHT);
  /**
   * State of the hand at the contact sheet if the hand touches or points at the sheet, otherwise
   * state of the hand at the palette.
   */
  pointing = this.atPalette;

  constructor(private readonly boards: BoardsInRoom) {}

  get onSheet(): boolean {
    return this.pointing === this.atSheet;
  }

  /** Reset the state to that of a hand that neither touches a board nor points at one. */
  forget(): void {
    this.atPalette.forget();
    this.atSheet.forget();
    this.pointing = this.atPalette;
  }

  /**
   * Find the board that the hand uses: a board near the hand, or else the first board that the ray
   * of the hand hits.
   *
   * @param rayLength length of the hand's ray, metres
   * @param busy whether the hand paints or holds a cluster; the sheet is then ignored
   * @returns the tile that the hand pressed by touch in this frame
   */
  update(hand: TrackedHand, rayLength: number, busy: boolean): Tile | null {
    const { palette, sheet } = this.boards;
    const { atPalette, atSheet } = this;
    const { touch, rayOrigin, rayDirection } = hand;
    const pressed = atPalette.update(
      palette.mesh.matrix,
      palette.tiles,
      touch,
      rayOrigin,
      rayDirection,
    );
    if (!isReached(atPalette, rayLength)) atPalette.forget();
    this.pointing = atPalette;
    if (!sheet.mesh.visible || atPalette.near || busy) {
      atSheet.forget();
      return pressed;
    }
    const onSheet = atSheet.update(sheet.mesh.matrix, sheet.tiles, touch, rayOrigin, rayDirection);
    if (atSheet.mode === null) return pressed;
    const first = atPalette.mode === null || atSheet.distance < atPalette.distance;
    if (!atSheet.near && !(first && isReached(atSheet, rayLength))) return pressed;
    this.pointing = atSheet;
    return onSheet;
  }
}

const isReached = (board: BoardPointing, rayLength: number): boolean =>
  board.mode !== "ray" || board.distance < rayLength;
