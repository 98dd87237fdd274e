/** Loader of the code for VR, which is a separate chunk of the bundle. */
import { effect } from "@preact/signals";
import type { XrEntry } from "../interaction/xr/session/enter.js";
import type { XrParts } from "../interaction/xr/xr-view.js";
import type { AppState } from "../state/app-state.js";
import type { XrMode } from "../state/xr-state.js";

export class XrLoader {
  /** Starts and ends VR; null until the code for VR is loaded. */
  entry: XrEntry | null = null;

  /**
   * Fetches the code for VR as soon as the browser offers a VR session. A fetch that begins with
   * the click would be too late, because browsers allow a request for a session only within the
   * handler of the click.
   */
  constructor(
    private readonly state: AppState,
    parts: Omit<XrParts, "state">,
  ) {
    effect(() => {
      if (!state.xr.offered.value?.size || this.entry) return;
      void import("../interaction/xr/session/enter.js").then(
        ({ XrEntry: Entry }) => {
          this.entry = new Entry({ state, ...parts });
        },
        () => {
          state.xr.message.value = "The VR part of the page could not be loaded. Reload the page.";
        },
      );
    });
  }

  enter(mode: XrMode): void {
    if (this.entry) void this.entry.enter(mode);
    else this.state.xr.message.value = "VR is still loading. Try again in a moment.";
  }

  leave(): void {
    void this.entry?.leave();
  }

  /** End VR, because the graphics processor has lost the view. Resolves when VR has ended. */
  async lose(): Promise<void> {
    await this.entry?.lose();
  }
}
