/**
 * Grasps of the hands: of the selected cluster, or of the world. Controllers grasp at once. Bare
 * hands grasp the world only by a pinch that is meant as a grasp.
 */
import type { Matrix4, Vector3 } from "three";
import type { TrackedHand } from "../input/tracked-hand.js";
import { BareGrasp } from "./bare-grasp.js";
import type { ClusterHold } from "./cluster-hold.js";
import { WorldGrab } from "./world-grab.js";

export class Grasps {
  readonly world = new WorldGrab();
  private readonly bare = new BareGrasp();
  private now = 0;

  constructor(
    private readonly cluster: ClusterHold,
    private readonly room: {
      readonly roomFromScene: Matrix4;
      readonly head: { readonly position: Vector3 };
    },
  ) {}

  /** Prevent grasps of bare hands for a moment, because the session's visibility has changed. */
  interrupt(): void {
    this.bare.interrupt();
  }

  /** Called once per frame, before `continue`. `now`: milliseconds. */
  frame(now: number): void {
    this.now = now;
    this.bare.frame(now);
  }

  /** Grab the cluster if the hand is in the cluster; otherwise grab the world. */
  begin(hand: TrackedHand): void {
    const { roomFromScene, head } = this.room;
    if (hand.bare && !this.bare.allows(hand, head.position, this.now)) return;
    if (!this.cluster.grab.active && this.cluster.isWithinReach(hand, roomFromScene)) {
      this.cluster.take(hand, roomFromScene);
      hand.pulse(0.5, 30);
    } else if (hand.bare) this.bare.wait(hand, this.now);
    else this.world.take(hand, roomFromScene);
  }

  /**
   * Grab the world if the pinch of the hand has lasted or moved enough. `allowed`: whether the hand
   * may grab the world now. Returns whether the hand has grabbed the world.
   */
  continue(hand: TrackedHand, allowed: boolean): boolean {
    if (!this.bare.isReady(hand, this.now) || !allowed) return false;
    this.world.take(hand, this.room.roomFromScene);
    return true;
  }

  /** Let go of the world. */
  end(hand: TrackedHand): void {
    this.bare.forget(hand);
    this.world.letGo(hand, this.room.roomFromScene);
  }
}
