/** Which moment is shown: the present, or one of the recording. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Timeline } from "../protocol/messages.js";

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;

export class TimeState {
  readonly live = signal(true);
  /** The recorded frame that is shown, counted from 0; meaningless while `live`. */
  readonly moment = signal(0);
  readonly playing = signal(false);
  readonly speed: Signal<number> = signal(1);
  /** What the recording holds, as it was last asked. */
  readonly timeline: Signal<Timeline | null> = signal(null);
  /** Milliseconds from asking for the newest moment to showing it. */
  readonly reachedIn = signal(0);

  readonly last: ReadonlySignal<number> = computed(() =>
    Math.max(0, (this.timeline.value?.moments ?? 0) - 1),
  );
}
