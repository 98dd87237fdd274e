/** The places of the palette and of the item card, both of which move with the hands. */
import { Matrix4, type Object3D, Vector3 } from "three";
import {
  CARD_ABOVE_BRUSH,
  CARD_ABOVE_SHEET,
  CARD_BEFORE_BRUSH,
  CARD_BEFORE_SHEET,
  CARD_BESIDE_BRUSH,
  CARD_FULL_SIZE_DISTANCE,
  CARD_LEAST_DISTANCE,
  CARD_SCALE_AT_SHEET,
  PALETTE_ABOVE_HAND,
  PALETTE_BESIDE_HAND,
  PALETTE_PARKED,
} from "./dimensions.js";
import type { HeadPose } from "./head-pose.js";
import { OneEuro } from "./one-euro.js";

/**
 * Cutoff frequency of the filter of the palette's place while the hand rests, Hz. At 2 Hz, the
 * filter delays the palette by 80 ms.
 */
const CUTOFF = 2;
/**
 * Increase of the cutoff frequency with the speed of the hand, Hz per m/s. The palette follows a
 * hand at 0.5 m/s within 20 ms.
 */
const CUTOFF_RISE = 12;
/**
 * A palette that the other hand touches stays still while its own hand moves by up to this
 * distance, metres. If its own hand moves farther, the palette follows it again.
 */
const HOLD_WITHIN = 0.12;

const up = new Vector3(0, 1, 0);
const at = new Vector3();
const shown = new Vector3();
const roomFromPalette = new Matrix4();

/** The hand near which the palette is placed. */
interface Carrier {
  readonly side: "left" | "right";
  readonly source: unknown;
  readonly tracked: boolean;
  /** Whether the hand is known only while it pinches. Such a hand carries no palette. */
  readonly transient: boolean;
  readonly position: Vector3;
}

export class PalettePlacement {
  private readonly parked = new Vector3();
  private readonly filter = new OneEuro(CUTOFF, CUTOFF_RISE);

  /** Choose the place where the palette stays while no hand carries it. */
  park(head: HeadPose): void {
    head.toRoom(this.parked, PALETTE_PARKED);
  }

  /**
   * Put the palette near the hand, turned to the eyes. While the headset does not see the hand, the
   * palette stays where it is.
   *
   * @param seconds duration of the frame
   * @param touched whether the other hand is near the palette, which then holds still
   */
  update(
    palette: Object3D,
    head: HeadPose,
    hand: Carrier,
    seconds: number,
    touched: boolean,
  ): void {
    if (hand.tracked && !hand.transient) {
      const beside = hand.side === "left" ? PALETTE_BESIDE_HAND : -PALETTE_BESIDE_HAND;
      at.set(beside, 0, 0).applyQuaternion(head.orientation);
      at.y = PALETTE_ABOVE_HAND;
      at.add(hand.position);
      shown.setFromMatrixPosition(palette.matrix);
      if (touched && shown.distanceTo(at) < HOLD_WITHIN) return;
      this.filter.filter(at, seconds);
    } else {
      this.filter.reset();
      if (hand.source && !hand.transient) return;
      at.copy(this.parked);
    }
    roomFromPalette.lookAt(head.position, at, up);
    palette.matrix.copy(roomFromPalette).setPosition(at);
    palette.matrixWorldNeedsUpdate = true;
  }
}

/**
 * Put the card above and beside the brush, away from the palette.
 *
 * @param brush middle of the brush
 * @param radius of the brush, metres
 * @param side 1 for a brush in the right hand, -1 for the left hand
 */
export function placeCardAtBrush(
  card: Object3D,
  head: HeadPose,
  brush: Vector3,
  radius: number,
  side: 1 | -1,
): void {
  // Far away, the card is enlarged, so that it looks as large as near the eyes and its text stays
  // readable.
  const size = Math.max(1, brush.distanceTo(head.position) / CARD_FULL_SIZE_DISTANCE);
  at.set(
    side * (radius + CARD_BESIDE_BRUSH * size),
    radius + CARD_ABOVE_BRUSH * (1 + size),
    CARD_BEFORE_BRUSH,
  );
  card.position.copy(brush).add(at.applyQuaternion(head.orientation));
  const away = card.position.distanceTo(head.position);
  if (away < CARD_LEAST_DISTANCE)
    card.position
      .sub(head.position)
      .multiplyScalar(CARD_LEAST_DISTANCE / Math.max(away, 1e-3))
      .add(head.position);
  card.scale.setScalar(size);
  card.lookAt(head.position);
}

/**
 * Put the card above a sheet, so that the card hides no picture of the sheet. `across`: how far
 * the card is to the right of the middle of the sheet, metres.
 */
export function placeCardOverSheet(
  card: Object3D,
  head: HeadPose,
  roomFromSheet: Matrix4,
  sheetHeight: number,
  across: number,
): void {
  at.set(across, sheetHeight / 2 + CARD_ABOVE_SHEET, CARD_BEFORE_SHEET);
  card.position.copy(at.applyMatrix4(roomFromSheet));
  card.scale.setScalar(CARD_SCALE_AT_SHEET);
  card.lookAt(head.position);
}
