/**
 * Size and opacity of the palette. While nobody looks at the palette, it is small and faint, so
 * that it does not hide the points. It returns to its full size when the person looks at it, holds
 * a hand near it, points at it, or holds a cluster.
 */
import { Vector3 } from "three";
import { PALETTE_ASLEEP, PALETTE_LOOK_ANGLE, PALETTE_WAKE_DISTANCE } from "./dimensions.js";
import type { HeadPose } from "./head-pose.js";

/**
 * Time in which the palette grows to its full size, seconds. The palette does not grow at once, so
 * that the person notices the change.
 */
const WAKE_SECONDS = 0.15;
/**
 * Time in which the palette shrinks and fades, seconds. The palette shrinks slowly, so that a short
 * look to the side hardly changes it.
 */
const SLEEP_SECONDS = 0.6;
/** Time after the last look at the palette until the palette begins to fade, seconds. */
const PATIENCE_SECONDS = 1.5;

const ahead = new Vector3();
const towards = new Vector3();

export class PaletteAttention {
  /**
   * 1 while the palette is looked at, 0 while it is small and faint; between 0 and 1 while it
   * changes.
   */
  level = 1;
  private idle = 0;

  /** Scale of the palette. */
  get scale(): number {
    return PALETTE_ASLEEP.scale + (1 - PALETTE_ASLEEP.scale) * this.level;
  }

  get opacity(): number {
    return PALETTE_ASLEEP.opacity + (1 - PALETTE_ASLEEP.opacity) * this.level;
  }

  /**
   * Advance by a frame of `seconds`.
   *
   * @param at middle of the palette, room metres
   * @param hand place of the hand that paints, room metres; null while it is not tracked
   * @param needed whether a ray is on the palette, or a cluster is in the hand
   */
  update(
    head: HeadPose,
    at: Vector3,
    hand: Vector3 | null,
    needed: boolean,
    seconds: number,
  ): void {
    ahead.set(0, 0, -1).applyQuaternion(head.orientation);
    towards.copy(at).sub(head.position);
    const seen = ahead.angleTo(towards) < PALETTE_LOOK_ANGLE;
    const near = hand !== null && hand.distanceTo(at) < PALETTE_WAKE_DISTANCE;
    this.idle = seen || near || needed ? 0 : this.idle + seconds;
    const rate = this.idle < PATIENCE_SECONDS ? 1 / WAKE_SECONDS : -1 / SLEEP_SECONDS;
    this.level = Math.min(1, Math.max(0, this.level + rate * seconds));
  }
}
