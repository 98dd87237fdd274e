/**
 * Taking hold of space: how the world follows one hand, or two. Matrices take scene metres to the room's; nothing is allocated.
 */
import { Matrix4, Quaternion, Vector3 } from "three";
import { LARGEST_SCALE, LEAST_SCALE } from "../placement/dimensions.js";

const inverse = new Matrix4();
const middle = new Vector3();
const axis = new Vector3();
const turn = new Quaternion();
const rotation = new Matrix4();

/** One hand: the world moves as if it were fixed to it. */
export class OneHandGrab {
  private readonly worldInHand = new Matrix4();

  start(hand: Matrix4, world: Matrix4): void {
    this.worldInHand.copy(hand).invert().multiply(world);
  }

  /** `world` as it is while the hand is at `hand`. */
  update(hand: Matrix4, world: Matrix4): void {
    world.multiplyMatrices(hand, this.worldInHand);
  }
}

/** Two hands: the points held stay between them, as if the world were rubber that stretches evenly. */
export class TwoHandGrab {
  private readonly start0 = new Matrix4();
  private readonly middle0 = new Vector3();
  private readonly axis0 = new Vector3();
  private length0 = 1;
  private scale0 = 1;

  start(left: Vector3, right: Vector3, world: Matrix4): void {
    this.start0.copy(world);
    this.middle0.addVectors(left, right).multiplyScalar(0.5);
    this.axis0.subVectors(right, left);
    this.length0 = Math.max(this.axis0.length(), 1e-3);
    this.axis0.normalize();
    this.scale0 = scaleOf(world);
  }

  update(left: Vector3, right: Vector3, world: Matrix4): void {
    middle.addVectors(left, right).multiplyScalar(0.5);
    axis.subVectors(right, left);
    const length = Math.max(axis.length(), 1e-3);
    axis.normalize();
    const wanted = this.scale0 * (length / this.length0);
    // In another box it may have become larger or smaller than that: it does not jump when it is taken hold of.
    const least = Math.min(LEAST_SCALE, this.scale0);
    const largest = Math.max(LARGEST_SCALE, this.scale0);
    const scale = Math.min(largest, Math.max(least, wanted)) / this.scale0;
    turn.setFromUnitVectors(this.axis0, axis);
    world.copy(this.start0);
    world.premultiply(inverse.makeTranslation(-this.middle0.x, -this.middle0.y, -this.middle0.z));
    world.premultiply(rotation.makeRotationFromQuaternion(turn));
    world.premultiply(inverse.makeScale(scale, scale, scale));
    world.premultiply(inverse.makeTranslation(middle.x, middle.y, middle.z));
  }
}

/** Turn the world by `angle` (radians) about the vertical through `centre` (room metres). */
export function turnAbout(world: Matrix4, centre: Vector3, angle: number): void {
  world.premultiply(inverse.makeTranslation(-centre.x, -centre.y, -centre.z));
  world.premultiply(inverse.makeRotationY(angle));
  world.premultiply(inverse.makeTranslation(centre.x, centre.y, centre.z));
}

/** Room metres a scene metre. */
export function scaleOf(world: Matrix4): number {
  const e = world.elements;
  return Math.hypot(e[0] as number, e[1] as number, e[2] as number);
}
