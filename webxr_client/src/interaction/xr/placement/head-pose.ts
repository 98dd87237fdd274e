/** The head of the person, in room metres. */
import { type Object3D, Quaternion, Vector3 } from "three";

export class HeadPose {
  /** The middle between the eyes. */
  readonly position = new Vector3();
  readonly orientation = new Quaternion();

  /**
   * Read the pose from the cameras of the eyes. (The combined camera of three.js is behind the
   * eyes.)
   */
  read(eyes: readonly Object3D[]): void {
    const left = eyes[0];
    const right = eyes[1];
    if (!left) return;
    this.orientation.copy(left.quaternion);
    this.position.copy(left.position);
    if (right) this.position.add(right.position).multiplyScalar(0.5);
  }

  /**
   * Convert a position relative to the head to a position in the room. Writes the result into
   * `out`, and returns `out`.
   */
  toRoom(out: Vector3, [x, y, z]: readonly [number, number, number]): Vector3 {
    return out.set(x, y, z).applyQuaternion(this.orientation).add(this.position);
  }
}
