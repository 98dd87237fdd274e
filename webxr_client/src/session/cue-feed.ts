/**
 * A feed of the shown cues. A cue is a measure per item, such as the uncertainty. The feed fetches
 * the values again after labels or predictions have changed.
 */
import { effect } from "@preact/signals";
import { fetchCue } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { AppState } from "../state/app-state.js";
import { type Cue, isCue } from "../state/review-state.js";

/**
 * Shortest time between two requests, ms. Without this limit, each frame with predictions would
 * cause a request.
 */
const EVERY_MS = 2000;
/** Wait after a change, ms. One request then covers several changes that follow closely. */
const SOON_MS = 300;

export class CueFeed {
  private timer: number | undefined;
  /** Time of the newest answer, in ms of performance.now(). */
  private fetched = Number.NEGATIVE_INFINITY;
  private busy = false;
  /** Whether labels, predictions or the choice of cues changed after the newest request. */
  private stale = false;

  constructor(
    private readonly state: AppState,
    private readonly onError: (message: string) => void,
    private readonly ask: (cue: Cue) => Promise<Uint8Array> = fetchCue,
  ) {
    effect(() => {
      const wanted = this.wanted();
      state.labelsVersion.value;
      state.predictionsVersion.value;
      if (wanted.length === 0 || state.sceneVersion.value === 0 || !state.time.live.value) return;
      this.later();
    });
  }

  private wanted(): Cue[] {
    const shown = [this.state.colourBy.value, this.state.review.sizeBy.value];
    return [...new Set(shown.filter(isCue))];
  }

  /** Request the shown cues: at once if a shown cue has no values yet, otherwise after a wait. */
  private later(): void {
    const known = this.state.review.cues.peek();
    const wait = this.wanted().every((cue) => known.has(cue))
      ? Math.max(SOON_MS, this.fetched + EVERY_MS - performance.now())
      : 0;
    this.stale = true;
    if (this.busy || (this.timer !== undefined && wait > 0)) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.run(), wait);
  }

  private async run(): Promise<void> {
    const { state } = this;
    this.timer = undefined;
    this.busy = true;
    this.stale = false;
    const wanted = this.wanted();
    try {
      const all = await Promise.all(wanted.map(async (cue) => [cue, await this.ask(cue)] as const));
      const fitting = all.filter(([, bytes]) => bytes.length === state.latent.n);
      // Drop the values of cues that are not shown. They would be outdated when the user shows them
      // again.
      state.review.cues.value = new Map(fitting);
    } catch (error) {
      state.colourBy.value = isCue(state.colourBy.peek()) ? "label" : state.colourBy.peek();
      state.review.sizeBy.value = "even";
      this.onError(`The values for colour or size could not be fetched: ${messageOf(error)}`);
    }
    this.fetched = performance.now();
    this.busy = false;
    if (this.stale) this.later();
  }
}
