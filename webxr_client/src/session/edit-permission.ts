/** Check whether the user can change the session now. */
import type { AppState } from "../state/app-state.js";
import type { Notes } from "./notes.js";

export class EditPermission {
  constructor(
    private readonly state: AppState,
    private readonly notes: Notes,
    private readonly backToLive: () => void,
  ) {}

  /**
   * Whether the session can be changed now. While the page shows a past moment, the user sees old
   * labels, so this call returns false. It also switches to the live view.
   */
  allowed(): boolean {
    const { state } = this;
    state.refusal.value = null;
    if (!state.time.live.peek() && !state.readOnly.peek()) {
      this.backToLive();
      this.notes.show("Back to live. Nothing was changed: repeat the action on the current state.");
      return false;
    }
    return !state.readOnly.peek();
  }
}
