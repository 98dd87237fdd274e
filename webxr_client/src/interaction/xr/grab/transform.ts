/** Motion of the world with one hand or two. No function here allocates memory. */
import { Matrix4, Quaternion, Vector3 } from "three";
import { LARGEST_SCALE, LEAST_SCALE } from "../placement/dimensions.js";

const step = new Matrix4();
const middle = new Vector3();
const axis = new Vector3();
const turn = new Quaternion();
const up = new Vector3(0, 1, 0);

/** A grab with one hand: the world moves as if it were fixed to the hand. */
export class OneHandGrab {
  private readonly handFromScene = new Matrix4();

  start(roomFromHand: Matrix4, roomFromScene: Matrix4): void {
    this.handFromScene.copy(roomFromHand).invert().multiply(roomFromScene);
  }

  /** Write the current `roomFromScene`. */
  update(roomFromHand: Matrix4, roomFromScene: Matrix4): void {
    roomFromScene.multiplyMatrices(roomFromHand, this.handFromScene);
  }
}

/**
 * A grab with two hands: the world moves, turns and scales, so that each grabbed point stays at
 * the hand that grabbed it.
 */
export class TwoHandGrab {
  private readonly roomFromScene0 = new Matrix4();
  private readonly middle0 = new Vector3();
  private readonly axis0 = new Vector3();
  private length0 = 1;
  private scale0 = 1;

  start(left: Vector3, right: Vector3, roomFromScene: Matrix4): void {
    this.roomFromScene0.copy(roomFromScene);
    this.middle0.addVectors(left, right).multiplyScalar(0.5);
    this.axis0.subVectors(right, left);
    this.length0 = Math.max(this.axis0.length(), 1e-3);
    this.axis0.normalize();
    this.scale0 = scaleOf(roomFromScene);
  }

  /** Write the current `roomFromScene`. `left`, `right`: the hands, room metres. */
  update(left: Vector3, right: Vector3, roomFromScene: Matrix4): void {
    middle.addVectors(left, right).multiplyScalar(0.5);
    axis.subVectors(right, left);
    const length = Math.max(axis.length(), 1e-3);
    axis.normalize();
    const wanted = this.scale0 * (length / this.length0);
    // After a change of the box, the scale can be outside the limits. The grab must not clamp it.
    const least = Math.min(LEAST_SCALE, this.scale0);
    const largest = Math.max(LARGEST_SCALE, this.scale0);
    const scale = Math.min(largest, Math.max(least, wanted)) / this.scale0;
    turn.setFromUnitVectors(this.axis0, axis);
    const { middle0 } = this;
    roomFromScene.copy(this.roomFromScene0);
    roomFromScene.premultiply(step.makeTranslation(-middle0.x, -middle0.y, -middle0.z));
    roomFromScene.premultiply(step.makeRotationFromQuaternion(turn));
    roomFromScene.premultiply(step.makeScale(scale, scale, scale));
    roomFromScene.premultiply(step.makeTranslation(middle.x, middle.y, middle.z));
  }
}

/** Turn the world by `angle` (radians) about the vertical through `centre` (room metres). */
export function turnAbout(roomFromScene: Matrix4, centre: Vector3, angle: number): void {
  roomFromScene.premultiply(step.makeTranslation(-centre.x, -centre.y, -centre.z));
  roomFromScene.premultiply(step.makeRotationY(angle));
  roomFromScene.premultiply(step.makeTranslation(centre.x, centre.y, centre.z));
}

/** Turn the world upright about `centre` (room metres), by the smallest possible angle. */
export function uprightAbout(roomFromScene: Matrix4, centre: Vector3): void {
  axis.setFromMatrixColumn(roomFromScene, 1).normalize();
  turn.setFromUnitVectors(axis, up);
  roomFromScene.premultiply(step.makeTranslation(-centre.x, -centre.y, -centre.z));
  roomFromScene.premultiply(step.makeRotationFromQuaternion(turn));
  roomFromScene.premultiply(step.makeTranslation(centre.x, centre.y, centre.z));
}

/** Room metres per scene metre. */
export function scaleOf(roomFromScene: Matrix4): number {
  const e = roomFromScene.elements;
  // Called in every frame: `Math.hypot` allocates 40 bytes.
  return Math.sqrt(e[0]! ** 2 + e[1]! ** 2 + e[2]! ** 2);
}
