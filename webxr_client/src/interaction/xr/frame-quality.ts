/**
 * Quality of the picture, adapted to the time between frames. Pure logic: `XrView` applies the
 * level to the renderer.
 */
import { LATE } from "./frame-clock.js";

export interface QualityLevel {
  /**
   * Fixed foveation, 0..1. At higher values, the edges of the picture are drawn with less detail.
   */
  readonly foveation: number;
  /** Largest size of a point, pixels. */
  readonly largest: number;
  /** Share of the points that is drawn. */
  readonly share: number;
  /** Whether the points have a shadow on the base of the box. */
  readonly shadow: boolean;
}

/**
 * Levels from the best to the fastest. Foveation is raised first, because it is hardly visible.
 * Then the largest size of points is reduced: large points cost most when a person stands in the
 * cloud, and a point of half the size has a quarter of the pixels. Then the shadow is left out,
 * because it draws each point again. Points are left out last.
 *
 * Points are never larger than 56 pixels, because some drivers drop a point whose middle is outside
 * the picture of an eye. A smaller point is nearer to the edge of the picture when it disappears,
 * and therefore disturbs less.
 */
export const LEVELS: readonly QualityLevel[] = [
  { foveation: 0.4, largest: 56, share: 1, shadow: true },
  { foveation: 1, largest: 56, share: 1, shadow: true },
  { foveation: 1, largest: 40, share: 1, shadow: false },
  { foveation: 1, largest: 28, share: 1, shadow: false },
  { foveation: 1, largest: 28, share: 0.6, shadow: false },
  { foveation: 1, largest: 28, share: 0.35, shadow: false },
];

/** Time over which the median is taken, ms. */
const WINDOW = 1000;
/** Time without late frames before the next better level is tried, ms. */
const CALM = 10_000;
/**
 * Upper limit of the time before a better level is tried, ms. The time is CALM at first, and
 * doubles each time that a better level was too slow.
 */
const LONGEST_CALM = 160_000;
/**
 * Longest gap between two frames that is counted, ms. A longer gap is a pause of the session, such
 * as the system menu.
 */
const PAUSE = 2000;
/** Smallest number of frames in a window from which the median is computed. */
const FEWEST = 3;

export class FrameQuality {
  private at = 0;
  private last = Number.NEGATIVE_INFINITY;
  private windowStart = 0;
  private frames = 0;
  private late = 0;
  private calmSince = 0;
  private calm = CALM;
  private raisedAt = Number.NEGATIVE_INFINITY;

  get level(): QualityLevel {
    return LEVELS[this.at]!;
  }

  /** Index of the level in LEVELS; 0 is the best. */
  get index(): number {
    return this.at;
  }

  /**
   * Count a frame. Returns whether the level changes.
   *
   * @param now time of the frame, ms
   * @param period time between two frames of the headset, ms
   */
  frame(now: number, period: number): boolean {
    const gap = now - this.last;
    this.last = now;
    if (gap > PAUSE) {
      this.begin(now);
      this.calmSince = now;
      return false;
    }
    this.frames += 1;
    if (gap > LATE * period) this.late += 1;
    if (now - this.windowStart < WINDOW || this.frames < FEWEST) return false;
    // The median gap is above LATE periods if more than half of the frames are late.
    const slow = 2 * this.late > this.frames;
    const anyLate = 10 * this.late > this.frames;
    this.begin(now);
    if (slow) return this.lower(now);
    if (anyLate) this.calmSince = now;
    return now - this.calmSince >= this.calm && this.raise(now);
  }

  private begin(now: number): void {
    this.windowStart = now;
    this.frames = this.late = 0;
  }

  private lower(now: number): boolean {
    this.calmSince = now;
    // A better level that was too slow is tried again after twice the waiting time.
    if (now - this.raisedAt < CALM) this.calm = Math.min(LONGEST_CALM, 2 * this.calm);
    this.raisedAt = Number.NEGATIVE_INFINITY;
    if (this.at === LEVELS.length - 1) return false;
    this.at += 1;
    return true;
  }

  private raise(now: number): boolean {
    this.calmSince = now;
    if (this.at === 0) return false;
    this.at -= 1;
    this.raisedAt = now;
    return true;
  }
}
