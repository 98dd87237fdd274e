/** The world in one hand or two: which hands hold it, and what it does when one more takes hold or lets go. */
import { type Matrix4, Vector3 } from "three";
import type { TrackedHand } from "../input/tracked-hand.js";
import { OneHandGrab, TwoHandGrab } from "./transform.js";

export class WorldHold {
  private first: TrackedHand | null = null;
  private second: TrackedHand | null = null;
  private readonly one = new OneHandGrab();
  private readonly two = new TwoHandGrab();
  private readonly left = new Vector3();
  private readonly right = new Vector3();

  get active(): boolean {
    return this.first !== null;
  }

  holds(hand: TrackedHand): boolean {
    return hand === this.first || hand === this.second;
  }

  take(hand: TrackedHand, world: Matrix4): void {
    if (this.holds(hand)) return;
    if (!this.first) this.first = hand;
    else this.second = hand;
    this.renew(world);
  }

  letGo(hand: TrackedHand, world: Matrix4): void {
    if (!this.holds(hand)) return;
    this.first = hand === this.first ? this.second : this.first;
    this.second = null;
    this.renew(world);
  }

  update(world: Matrix4): void {
    const { first, second } = this;
    if (!first?.tracked) return;
    if (!second) this.one.update(first.pose, world);
    else if (second.tracked) {
      this.sort(first, second);
      this.two.update(this.left, this.right, world);
    }
  }

  /** From here on, from how everything is now: nothing jumps. */
  renew(world: Matrix4): void {
    const { first, second } = this;
    if (first && second) {
      this.sort(first, second);
      this.two.start(this.left, this.right, world);
    } else if (first) this.one.start(first.pose, world);
  }

  private sort(a: TrackedHand, b: TrackedHand): void {
    this.left.copy(a.side === "left" ? a.position : b.position);
    this.right.copy(a.side === "left" ? b.position : a.position);
  }
}
