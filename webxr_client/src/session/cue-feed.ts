/**
 * Fetching of cues: when they are shown, and again some time after labels or predictions changed.
 */
import { effect } from "@preact/signals";
import { fetchCue } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { AppState } from "../state/app-state.js";
import { type Cue, isCue } from "../state/review-state.js";

/** Shortest time between two requests while predictions change with every frame. */
const EVERY_MS = 2000;
/** Wait after a single change, to collect others. */
const SOON_MS = 300;

export class CueFeed {
  private timer: number | undefined;
  private fetched = Number.NEGATIVE_INFINITY;
  private busy = false;
  /** Whether something changed after the newest request. */
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
      const known = state.review.cues.peek();
      this.later(wanted.every((cue) => known.has(cue)) ? undefined : 0);
    });
  }

  private wanted(): Cue[] {
    const shown = [this.state.colourBy.value, this.state.review.sizeBy.value];
    return [...new Set(shown.filter(isCue))];
  }

  private later(wait = Math.max(SOON_MS, this.fetched + EVERY_MS - performance.now())): void {
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
      // Cues that are not shown are dropped, because they would be outdated when shown again.
      state.review.cues.value = new Map(fitting);
    } catch (error) {
      state.colourBy.value = isCue(state.colourBy.peek()) ? "label" : state.colourBy.peek();
      state.review.sizeBy.value = "even";
      this.onError(`The cue could not be fetched: ${messageOf(error)}`);
    }
    this.fetched = performance.now();
    this.busy = false;
    const known = state.review.cues.peek();
    if (this.stale) this.later(this.wanted().every((cue) => known.has(cue)) ? undefined : 0);
  }
}
