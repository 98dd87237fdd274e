/** Grabbing of the world with one or two hands. No jump occurs when a hand joins or lets go. */
import { type Matrix4, Vector3 } from "three";
import type { TrackedHand } from "../input/tracked-hand.js";
import { OneHandGrab, TwoHandGrab } from "./transform.js";

export class WorldGrab {
  private first: TrackedHand | null = null;
  private second: TrackedHand | null = null;
  private readonly one = new OneHandGrab();
  private readonly two = new TwoHandGrab();
  private readonly left = new Vector3();
  private readonly right = new Vector3();

  get active(): boolean {
    return this.first !== null;
  }

  /** Whether the hand holds the world. */
  holds(hand: TrackedHand): boolean {
    return hand === this.first || hand === this.second;
  }

  take(hand: TrackedHand, roomFromScene: Matrix4): void {
    if (this.holds(hand)) return;
    if (!this.first) this.first = hand;
    else this.second = hand;
    this.renew(roomFromScene);
  }

  letGo(hand: TrackedHand, roomFromScene: Matrix4): void {
    if (!this.holds(hand)) return;
    this.first = hand === this.first ? this.second : this.first;
    this.second = null;
    this.renew(roomFromScene);
  }

  update(roomFromScene: Matrix4): void {
    const { first, second } = this;
    if (!first?.tracked) return;
    if (!second) this.one.update(first.roomFromHeld, roomFromScene);
    else if (second.tracked) {
      this.sort(first, second);
      this.two.update(this.left, this.right, roomFromScene);
    }
  }

  /** Continue the grab from the current poses of world and hands. */
  renew(roomFromScene: Matrix4): void {
    const { first, second } = this;
    if (first && second) {
      this.sort(first, second);
      this.two.start(this.left, this.right, roomFromScene);
    } else if (first) this.one.start(first.roomFromHeld, roomFromScene);
  }

  private sort(a: TrackedHand, b: TrackedHand): void {
    this.left.copy(a.side === "left" ? a.position : b.position);
    this.right.copy(a.side === "left" ? b.position : a.position);
  }
}
