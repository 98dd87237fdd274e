/** The time that all panels share, in epochs since the start of the training without labels. */

/** Epochs per second of playback. */
export const EPOCHS_PER_SECOND = 6;

export class Clock {
  /** Shown time, 0 to `end`. */
  epoch: number;
  playing = false;

  constructor(readonly end: number) {
    this.epoch = end;
  }

  /** Start or stop playback. From the end, playback starts at the beginning. */
  toggle(): void {
    this.playing = !this.playing;
    if (this.playing && this.epoch >= this.end) this.epoch = 0;
  }

  /** Stop playback and show `epoch`. */
  seek(epoch: number): void {
    this.playing = false;
    this.epoch = Math.min(this.end, Math.max(0, epoch));
  }

  /** Let `seconds` pass. Playback stops at the end. Returns whether the time has changed. */
  advance(seconds: number): boolean {
    if (!this.playing) return false;
    this.epoch = Math.min(this.end, this.epoch + seconds * EPOCHS_PER_SECOND);
    if (this.epoch >= this.end) this.playing = false;
    return true;
  }
}

/** Text for the progress of the training. `first`: number of epochs without labels at its start. */
export function timeInWords(epoch: number, first: number): string {
  const whole = Math.round(epoch);
  return whole <= first
    ? `Epoch ${whole} of ${first} without labels`
    : `Epoch ${whole - first} with all labels`;
}
