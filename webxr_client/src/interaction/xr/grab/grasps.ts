/**
 * Grasps: a hand holds the selected cluster or the world. Controllers grasp at once. Bare hands
 * grasp the world only by a pinch that is meant as a grasp. A hand grasps far points with its ray.
 */
import { type Matrix4, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { BareGrasp } from "./bare-grasp.js";
import type { ClusterHold } from "./cluster-hold.js";
import { FarReach } from "./far-reach.js";
import type { RuleHold } from "./rule-hold.js";
import { uprightAbout } from "./transform.js";
import { WorldGrab } from "./world-grab.js";

const middle = new Vector3();

export class Grasps {
  readonly world = new WorldGrab();
  readonly left = new FarReach();
  readonly right = new FarReach();
  /** The rule that a hand holds by its hull; null until there are rules. */
  rule: RuleHold | null = null;
  private readonly bare = new BareGrasp();
  private now = 0;

  constructor(
    private readonly state: AppState,
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

  /**
   * Called once per frame, `seconds` after the previous frame, before `continue`. `now`:
   * milliseconds.
   */
  frame(now: number, seconds: number, one: TrackedHand, other: TrackedHand): void {
    this.now = now;
    this.bare.frame(now);
    this.rule?.frame(now);
    if (this[one.side].active) this[one.side].update(one, seconds);
    if (this[other.side].active) this[other.side].update(other, seconds);
  }

  /**
   * Grab the cluster if the hand is in the cluster or points at it. Otherwise, grab the world, or
   * with a bare hand the hull of a rule, unless the other hand grabs the world.
   */
  begin(hand: TrackedHand): void {
    const { head } = this.room;
    if (hand.bare && !this.bare.allows(hand, head.position, this.now)) return;
    if (this.cluster.isWithinReach(hand, this.room.roomFromScene)) this.takeCluster(hand);
    else if (!hand.bare) this.takeFar(hand);
    else if (this.world.active || this.bare.waits || !this.rule?.take(hand))
      this.bare.wait(hand, this.now);
  }

  /**
   * Grab the world if the pinch of the hand has lasted or moved enough. `allowed`: whether the hand
   * may grab the world now. Returns whether the hand has grabbed something.
   */
  continue(hand: TrackedHand, allowed: boolean): boolean {
    if (!this.bare.isReady(hand, this.now) || !allowed) return false;
    this.takeFar(hand);
    return true;
  }

  /** Let go of the world and of far places. */
  end(hand: TrackedHand): void {
    this.bare.forget(hand);
    this.rule?.drop(hand);
    this[hand.side].end(hand);
    this.world.letGo(hand, this.room.roomFromScene);
  }

  /** Turn the world upright about its middle. A hand that holds the world continues to hold it. */
  upright(): void {
    const { roomFromScene } = this.room;
    uprightAbout(roomFromScene, middle.setFromMatrixPosition(roomFromScene));
    this.world.renew(roomFromScene);
  }

  /**
   * Grab the selected items if the ray of the hand hits a distant selected item. Otherwise grab the
   * whole cloud: at the distant point that the ray hits or, if it hits no point, at the hand.
   */
  private takeFar(hand: TrackedHand): void {
    const { roomFromScene, head } = this.room;
    const { latent, selection } = this.state;
    const { items, tool } = selection.peek();
    const reach = this[hand.side];
    // While one hand holds the world, the other hand scales it.
    const free = !this.world.active;
    const chosen = free && !this.cluster.grab.active && items.length > 0 && tool !== "sheet";
    if (chosen && reach.begin(hand, roomFromScene, head.position, latent, items)) {
      this.takeCluster(hand);
      return;
    }
    if (free) reach.begin(hand, roomFromScene, head.position, latent);
    this.world.take(hand, roomFromScene);
  }

  private takeCluster(hand: TrackedHand): void {
    if (this.cluster.grab.active) {
      this.world.take(hand, this.room.roomFromScene);
      return;
    }
    this.cluster.take(hand, this.room.roomFromScene);
    hand.pulse(0.5, 30);
  }
}
