/**
 * Grasping of points that are too far away for a hand to touch. The hand holds the place that its
 * ray hits, and the motion of the hand is multiplied. A hand that moves to the head therefore
 * brings the place to the head, from any distance. This is the technique HOMER (Bowman and Hodges,
 * I3D 1997), with the head in place of the torso.
 */
import { Matrix4, Vector3 } from "three";
import type { LatentState } from "../../../state/latent-state.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { FAR_DISTANCE, LARGEST_REACH_GAIN } from "../placement/dimensions.js";
import { OneEuro } from "../placement/one-euro.js";
import { firstAlong } from "./far-query.js";

/**
 * Cutoff frequency of the filter of the hand's position, Hz. The filter is needed because the
 * tremor of the hand is multiplied like its motion.
 */
const CUTOFF = 2;
const CUTOFF_RISE = 12;

const sceneFromRoom = new Matrix4();
const origin = new Vector3();
const direction = new Vector3();
const one = new Vector3(1, 1, 1);

export class FarReach {
  /** Whether the hand holds something far away. */
  active = false;
  /** The place that the hand holds, room metres. */
  readonly place = new Vector3();
  private readonly roomFromReach = new Matrix4();
  /** Place of the eyes at the moment of the grasp, room metres. */
  private readonly head = new Vector3();
  /** Distance from the eyes to the hand at the moment of the grasp, metres. */
  private arm = 1;
  /**
   * Vector from the multiplied position of the hand to the held place, at the moment of the grasp,
   * metres.
   */
  private readonly offset = new Vector3();
  private readonly filter = new OneEuro(CUTOFF, CUTOFF_RISE);
  private gain = 1;

  /**
   * Reach for the first item on the ray of the hand, if the item is farther away than FAR_DISTANCE.
   *
   * @param head place of the eyes, room metres
   * @param among limits the search to these items
   * @returns whether the hand now holds the place of an item
   */
  begin(
    hand: TrackedHand,
    roomFromScene: Matrix4,
    head: Vector3,
    latent: LatentState,
    among: Uint32Array | null = null,
  ): boolean {
    sceneFromRoom.copy(roomFromScene).invert();
    origin.copy(hand.rayOrigin).applyMatrix4(sceneFromRoom);
    direction.copy(hand.rayDirection).transformDirection(sceneFromRoom);
    const along = firstAlong(latent, origin, direction, among);
    if (along === Number.POSITIVE_INFINITY) return false;
    const { place, offset } = this;
    place.copy(origin).addScaledVector(direction, along).applyMatrix4(roomFromScene);
    const distance = place.distanceTo(head);
    if (distance < FAR_DISTANCE) return false;
    this.active = true;
    this.head.copy(head);
    this.arm = Math.max(0.1, hand.position.distanceTo(head));
    this.gain = Math.min(LARGEST_REACH_GAIN, distance / this.arm);
    offset.subVectors(head, hand.position).multiplyScalar(this.gain).add(place).sub(head);
    this.filter.reset();
    this.follow(hand, 0);
    hand.reached = this.roomFromReach;
    return true;
  }

  /** Move the place with the hand. Called once per frame, `seconds` after the previous frame. */
  update(hand: TrackedHand, seconds: number): void {
    if (this.active && hand.tracked) this.follow(hand, seconds);
  }

  end(hand: TrackedHand): void {
    this.active = false;
    hand.reached = null;
  }

  private follow(hand: TrackedHand, seconds: number): void {
    const { place } = this;
    place.copy(hand.position);
    this.filter.filter(place, seconds);
    const share = place.distanceTo(this.head) / this.arm;
    place.sub(this.head).multiplyScalar(this.gain).add(this.head);
    place.addScaledVector(this.offset, share);
    this.roomFromReach.compose(place, hand.orientation, one);
  }
}
