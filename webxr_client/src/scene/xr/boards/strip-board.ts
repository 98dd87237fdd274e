/** A strip of the pictures that the model decodes on the straight path between two items. */
import { signal } from "@preact/signals";
import type { AppState } from "../../../state/app-state.js";
import { WALK_PICTURES } from "../../../state/force-state.js";
import { drawDecoded } from "../../cloud/decoded-picture.js";
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, fitted, font } from "./board.js";

const MARGIN = 7;
const PICTURE = 27;
const GAP = 2;
const WIDTH = 2 * MARGIN + WALK_PICTURES * (PICTURE + GAP) - GAP;
const HEIGHT = 2 * MARGIN + PICTURE + 13;
/**
 * Size of text, millimetres. At 0.45 m, where the strip has its full size, this is 21 dmm
 * (LEAST_DMM defines this unit).
 */
const LINE = 9.5;

export class StripBoard extends Board {
  /** Whether the pictures go from right to left: the first picked item is at the right. */
  readonly reversed = signal(false);
  private readonly small = document.createElement("canvas");

  constructor(private readonly state: AppState) {
    super(WIDTH / 1000, HEIGHT / 1000);
    this.mesh.matrixAutoUpdate = false;
    this.mesh.visible = false;
    // Points in front of the strip do not cover it.
    this.mesh.material.depthTest = false;
    this.mesh.renderOrder = 5;
  }

  protected draw(context: CanvasRenderingContext2D): void {
    const walk = this.state.forces.walk.value;
    if (!walk) return;
    drawGround(context, WIDTH, HEIGHT, 7);
    context.imageSmoothingEnabled = false;
    const reversed = this.reversed.value;
    walk.pictures.forEach((picture, k) => {
      drawDecoded(this.small, picture);
      const place = reversed ? WALK_PICTURES - 1 - k : k;
      context.drawImage(this.small, MARGIN + place * (PICTURE + GAP), MARGIN, PICTURE, PICTURE);
    });
    const [left, right] = reversed ? [walk.to, walk.from] : [walk.from, walk.to];
    const y = HEIGHT - MARGIN - 1;
    context.textBaseline = "alphabetic";
    font(context, LINE, 600);
    context.fillStyle = BOARD_TEXT;
    const third = (WIDTH - 2 * MARGIN) / 3;
    context.textAlign = "left";
    context.fillText(fitted(context, this.nameOf(left), third), MARGIN, y);
    context.textAlign = "right";
    context.fillText(fitted(context, this.nameOf(right), third), WIDTH - MARGIN, y);
    font(context, LINE);
    context.fillStyle = BOARD_MUTED;
    context.textAlign = "center";
    context.fillText(walk.pictures.length > 0 ? "decoded pictures" : "decoding…", WIDTH / 2, y);
  }

  /** Class of an item, by its label or else its prediction; its number if neither is known. */
  private nameOf(item: number): string {
    const { annotations, classes, labelsVersion } = this.state;
    labelsVersion.value;
    const label = annotations.labels[item] ?? -1;
    const classId = label >= 0 ? label : (annotations.predictions[item] ?? -1);
    return classes.value[classId]?.name ?? `item ${item}`;
  }
}
