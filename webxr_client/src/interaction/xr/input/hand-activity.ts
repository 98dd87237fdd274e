/** Activity of each hand that holds its trigger: painting, subtracting, or pressing a tile. */
import type { Handedness } from "../../../state/xr-state.js";

/**
 * Use of a hand's trigger or pinch, from press to release. The hand that began an activity ends it,
 * even if the other hand is the dominant hand by then. The grip is separate: a hand can hold the
 * world with the grip, and at the same time subtract items from the selection with the trigger.
 */
export type HandActivity = "idle" | "painting" | "subtracting" | "pressing";

export class HandActivities {
  private left: HandActivity = "idle";
  private right: HandActivity = "idle";

  /** The activity of a hand. */
  of(side: Handedness): HandActivity {
    return this[side];
  }

  /** Begin an activity. The other hand becomes idle if it performs the same activity. */
  begin(side: Handedness, activity: HandActivity): void {
    const other = side === "left" ? "right" : "left";
    if (this[other] === activity) this[other] = "idle";
    this[side] = activity;
  }

  /** End the activity of a hand. Returns the activity. */
  end(side: Handedness): HandActivity {
    const activity = this[side];
    this[side] = "idle";
    return activity;
  }

  /** The hand that performs this activity; null if neither hand performs the activity. */
  handAt(activity: HandActivity): Handedness | null {
    if (this.left === activity) return "left";
    return this.right === activity ? "right" : null;
  }
}
