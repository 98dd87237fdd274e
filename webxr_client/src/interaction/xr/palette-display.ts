/** The palette in the room: its place at the hand, its size and its opacity. */
import { Object3D, Vector3 } from "three";
import type { PaletteBoard } from "../../scene/xr/boards/palette-board.js";
import type { XrControls } from "./controls.js";
import type { HeadPose } from "./placement/head-pose.js";
import { PaletteAttention } from "./placement/palette-attention.js";
import { PalettePlacement } from "./placement/palette-placement.js";

const at = new Vector3();
const size = new Vector3();

export class PaletteDisplay {
  readonly attention = new PaletteAttention();
  private readonly placement = new PalettePlacement();
  /** The pose of the palette, without its scale. */
  private readonly posed = new Object3D();

  constructor(
    private readonly palette: PaletteBoard,
    private readonly controls: XrControls,
  ) {}

  /** Choose the place where the palette stays while there is no second hand. */
  park(head: HeadPose): void {
    this.placement.park(head);
  }

  /** Place and show the palette. Called once per frame, `seconds` after the previous frame. */
  update(head: HeadPose, seconds: number): void {
    const { attention, controls, palette, posed } = this;
    this.placement.update(posed, head, controls.other, seconds, controls.atPalette);
    at.setFromMatrixPosition(posed.matrix);
    const { dominant, pointing, onSheet, holding } = controls;
    // If hands are known only while they pinch, the person aims with the eyes. The page does not
    // know where the eyes look.
    const gaze = dominant.source === null || dominant.transient;
    const needed = gaze || holding || (pointing.mode !== null && !onSheet);
    attention.update(head, at, dominant.tracked ? dominant.touch : null, needed, seconds);
    palette.mesh.matrix.copy(posed.matrix).scale(size.setScalar(attention.scale));
    palette.mesh.matrixWorldNeedsUpdate = true;
    palette.fade(attention.opacity);
  }
}
