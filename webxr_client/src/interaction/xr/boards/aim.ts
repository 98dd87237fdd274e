/** Which board a hand means: the palette or the contact sheet. */
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
  /** Visible while a contact sheet is open. */
  readonly sheet: {
    readonly mesh: { readonly matrix: Matrix4; visible: boolean };
    readonly tiles: readonly Tile[];
  };
}

export class BoardAim {
  private readonly atPalette = new BoardPointing(PALETTE_WIDTH, PALETTE_HEIGHT);
  private readonly atSheet = new BoardPointing(SHEET_WIDTH, SHEET_HEIGHT);
  /** Where the hand is on the board that it means; on the palette when it means neither. */
  pointing = this.atPalette;

  constructor(private readonly boards: BoardsInRoom) {}

  get onSheet(): boolean {
    return this.pointing === this.atSheet;
  }

  forget(): void {
    this.atPalette.forget();
    this.atSheet.forget();
    this.pointing = this.atPalette;
  }

  /**
   * Find the board that the hand is at: the board it is near, else the first that its ray meets.
   *
   * @param rayLength metres up to which a board that the ray meets is meant
   * @param busy whether the hand paints or holds a cluster: then it does not mean the sheet
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
    if (!isIntended(atPalette, rayLength)) atPalette.forget();
    this.pointing = atPalette;
    if (!sheet.mesh.visible || atPalette.near || busy) {
      atSheet.forget();
      return pressed;
    }
    const onSheet = atSheet.update(sheet.mesh.matrix, sheet.tiles, touch, rayOrigin, rayDirection);
    if (atSheet.mode === null) return pressed;
    const first = atPalette.mode === null || atSheet.distance < atPalette.distance;
    if (!atSheet.near && !(first && isIntended(atSheet, rayLength))) return pressed;
    this.pointing = atSheet;
    return onSheet;
  }
}

const isIntended = (board: BoardPointing, rayLength: number): boolean =>
  board.mode !== "ray" || board.distance < rayLength;
