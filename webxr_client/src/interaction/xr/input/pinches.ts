/**
 * Presses by pinch for hands that send no `selectstart`. (Safari on Apple Vision Pro sends this
 * event only for transient pointers.) For these hands, three.js detects a pinch from the joints. On
 * other headsets, one pinch causes both kinds of events, and only `selectstart` counts.
 */
import type { TrackedHand } from "./tracked-hand.js";

/**
 * Time that the first pinches of a session wait for `selectstart`, milliseconds. The thresholds of
 * three.js (15 mm) and of the headsets differ, so the two events can be several frames apart.
 */
const WAIT_MS = 250;

export class Pinches {
  /**
   * `select`: `select` events start a press. `joints`: pinches that three.js detects start a press.
   * `unknown`: it is not known yet which events the hands send.
   */
  private kind: "select" | "joints" | "unknown" = "unknown";
  private readonly since = { left: 0, right: 0 };

  constructor(
    private readonly press: (hand: TrackedHand) => void,
    private readonly release: (hand: TrackedHand) => void,
  ) {}

  /** Record that a hand or a transient pointer sends `select` events. */
  sawSelect(): void {
    this.kind = "select";
  }

  start(hand: TrackedHand, now: number): void {
    // Joints without a pose are at the origin, where they seem to pinch.
    if (this.kind === "select" || !hand.fingersSeen) return;
    if (this.kind === "joints") this.press(hand);
    else this.since[hand.side] = Math.max(now, 1);
  }

  end(hand: TrackedHand): void {
    if (this.kind === "select") return;
    this.decide(hand);
    this.release(hand);
  }

  /**
   * Start a press for the first pinch, if no `selectstart` has followed the pinch in time. Called
   * once per frame.
   */
  update(hand: TrackedHand, now: number): void {
    if (this.since[hand.side] === 0) return;
    if (this.kind === "select" || !hand.fingersSeen) this.since[hand.side] = 0;
    else if (now - this.since[hand.side] >= WAIT_MS) this.decide(hand);
  }

  /** Start a press for a waiting pinch. From then on, all pinches start a press without waiting. */
  private decide(hand: TrackedHand): void {
    if (this.since[hand.side] === 0) return;
    this.since[hand.side] = 0;
    this.kind = "joints";
    this.press(hand);
  }
}
