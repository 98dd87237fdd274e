/** The moment that the page shows: the current state, or a frame of the recording. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Timeline } from "../protocol/messages.js";

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
/** Recorded frames per second at speed 1. */
export const RATE = 10;

export class TimeState {
  /** Whether the page shows the current state. */
  readonly live = signal(true);
  /** Index of the recorded frame that is shown; not used while `live` is true. */
  readonly moment = signal(0);
  /**
   * Index of the recorded frame whose positions and labels the page has; null while it shows the
   * current state, and until those of the first past moment are loaded.
   */
  readonly shown: Signal<number | null> = signal(null);
  readonly playing = signal(false);
  /** Playback speed, one of SPEEDS. */
  readonly speed: Signal<number> = signal(1);
  /** Whether playback begins again after the last moment. */
  readonly loop = signal(false);
  /** Index of the recording, from the newest request; null before the first answer. */
  readonly timeline: Signal<Timeline | null> = signal(null);
  /** Time from the newest request of a moment until the moment was shown, in ms. */
  readonly reachedIn = signal(0);

  /** Index of the newest recorded frame. */
  readonly last: ReadonlySignal<number> = computed(() =>
    Math.max(0, (this.timeline.value?.moments ?? 0) - 1),
  );

  /**
   * Index of the recorded frame at `time` seconds of playback at speed 1, or at the share
   * `progress` of the recording. Null for the end of the recording, which is the current state.
   */
  momentAt({ time, progress }: { time?: number; progress?: number }): number | null {
    const last = this.last.peek();
    const moment = Math.round(progress === undefined ? (time ?? 0) * RATE : progress * last);
    return moment >= last ? null : moment;
  }
}
