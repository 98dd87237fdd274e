/** The box of the cloud that the camera was fitted to, and when it has to be fitted again. */
import { Box3, Vector3 } from "three";

/** Changes of the box after which the camera moves, as shares of the box's diagonal. */
const MOVING = 0.06;
const STILL = 0.015;
/** Checks without a motion of the points after which the cloud counts as still. */
const STILL_CHECKS = 2;

const size = new Vector3();

export class FittedBox {
  private readonly box = new Box3();
  private version = -1;
  private checks = 0;

  set(box: Box3): void {
    this.box.copy(box);
  }

  /** Let the next check report that the camera has to be fitted. */
  clear(): void {
    this.box.makeEmpty();
  }

  /**
   * Check whether a corner of the box has moved so far that the camera has to be fitted again.
   * While points move, the camera follows only large changes.
   *
   * @param box Box of the cloud now.
   * @param version Number that differs after each motion of the points.
   */
  outgrown(box: Box3, version: number): boolean {
    this.checks = version === this.version ? this.checks + 1 : 0;
    this.version = version;
    const share = this.checks >= STILL_CHECKS ? STILL : MOVING;
    const { min, max } = this.box;
    const change = Math.max(box.min.distanceTo(min), box.max.distanceTo(max));
    return change > share * box.getSize(size).length();
  }
}
