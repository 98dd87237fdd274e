/**
 * Detection of pinches that are not meant as a grasp, for bare hands. WebXR has no signal for the
 * gestures of the headset's own menu, which also begin with a pinch (immersive-web/webxr-hand-input
 * issue 117).
 */
import { Vector3 } from "three";
import type { TrackedHand } from "../input/tracked-hand.js";

/**
 * A palm faces the head if the angle between the direction of the palm and the direction to the
 * head is less than 53 degrees. This number is the cosine of that angle. In this pose, a pinch
 * opens the menu of Quest and of Vision Pro.
 */
const PALM_COSINE = 0.6;
/** Time after a change of the session's visibility during which no grasp begins, milliseconds. */
const QUIET_MS = 150;
/** Time after which a pinch in empty space grabs the world, milliseconds. */
const HOLD_MS = 120;
/**
 * Distance after which a moving pinch grabs the world at once, metres: more than the tremor of
 * tracked hands.
 */
const MOVED = 0.015;

const palm = new Vector3();
const towardsHead = new Vector3();

interface Waiting {
  /** Whether a pinch has begun that can become a grasp of the world. */
  active: boolean;
  /** Time of the pinch, milliseconds. */
  since: number;
  /** Place of the pinch, room metres. */
  readonly from: Vector3;
}

export class BareGrasp {
  private readonly left: Waiting = { active: false, since: 0, from: new Vector3() };
  private readonly right: Waiting = { active: false, since: 0, from: new Vector3() };
  private quietUntil = Number.NEGATIVE_INFINITY;
  private interrupted = false;

  /**
   * Prevent grasps for QUIET_MS from the next frame on, because the session's visibility has
   * changed.
   */
  interrupt(): void {
    this.interrupted = true;
  }

  /** Called once per frame, before `isReady`. */
  frame(now: number): void {
    if (this.interrupted) this.quietUntil = now + QUIET_MS;
    this.interrupted = false;
  }

  /** Whether a pinch of the hand may begin a grasp. `head`: place of the eyes, room metres. */
  allows(hand: TrackedHand, head: Vector3, now: number): boolean {
    if (this.interrupted || now < this.quietUntil) return false;
    return hand.transient || !facesHead(hand, head);
  }

  /** Whether a pinch waits. */
  get waits(): boolean {
    return this.left.active || this.right.active;
  }

  /** Wait until the pinch of the hand lasts or moves enough to grab the world. */
  wait(hand: TrackedHand, now: number): void {
    const waiting = this[hand.side];
    waiting.active = true;
    waiting.since = now;
    waiting.from.copy(hand.position);
  }

  /** Whether the waiting pinch of the hand has become a grasp. Returns true once per pinch. */
  isReady(hand: TrackedHand, now: number): boolean {
    const waiting = this[hand.side];
    if (!waiting.active || !hand.tracked) return false;
    const moved = waiting.from.distanceTo(hand.position) > MOVED;
    if (!moved && now - waiting.since < HOLD_MS) return false;
    waiting.active = false;
    return true;
  }

  /** Forget the pinch of the hand, because it has ended. */
  forget(hand: TrackedHand): void {
    this[hand.side].active = false;
  }
}

/** Whether the palm faces the head. The axis -y of the wrist points out of the palm. */
function facesHead(hand: TrackedHand, head: Vector3): boolean {
  palm.set(0, -1, 0).applyQuaternion(hand.orientation);
  towardsHead.copy(head).sub(hand.position).normalize();
  return palm.dot(towardsHead) > PALM_COSINE;
}
