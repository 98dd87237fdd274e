/** Thumbsticks: how fast they resize the brush, and when they turn the world by one step. */
import type { TrackedHand } from "./tracked-hand.js";

// Deflections of a stick, 0..1.

/** Deflections below this value do not resize the brush. */
const DEAD = 0.2;
/** A deflection above this value turns the world. */
const TURN = 0.7;
/** After a turn of the world, both sticks must fall below this deflection before the next turn. */
const REST = 0.3;
/** Logarithm of the factor by which a fully deflected stick resizes the brush per second. */
const RATE = 1.6;

export class Sticks {
  /**
   * Whether a stick has turned the world, and the deflection has not fallen below REST since then.
   */
  private turned = false;

  /**
   * Factor by which a stick changes the size of the brush (or the reach of a growing cluster) in
   * `seconds`: above 1 for a stick that is pushed up, 1 for a stick at rest.
   */
  growth(hand: TrackedHand, seconds: number): number {
    const push = hand.stickY;
    return Math.abs(push) > DEAD ? Math.exp(-push * RATE * seconds) : 1;
  }

  /**
   * Direction of a step that turns the world: 1 for a stick to the right, -1 to the left, 0 for no
   * step. One push is one step. `turnable`: false while a hand holds the world.
   */
  turn(dominant: TrackedHand, other: TrackedHand, turnable: boolean): -1 | 0 | 1 {
    const hand = Math.abs(other.stickX) > Math.abs(dominant.stickX) ? other : dominant;
    const across = hand.stickX;
    if (Math.abs(across) < REST) {
      this.turned = false;
      return 0;
    }
    // A stick that is pushed mainly up or down does not turn the world.
    const sideways = Math.abs(across) > TURN && Math.abs(across) > Math.abs(hand.stickY);
    if (!sideways || this.turned || !turnable) return 0;
    this.turned = true;
    return across > 0 ? 1 : -1;
  }
}
