/**
 * Frame clock for `?bench`. The clock also records late frames. For each late frame, it records the
 * work of the frame before: which data the page sent to the GPU, and what it computed. Recording
 * allocates no memory.
 */
import type { FrameFigures } from "../../scene/xr/boards/bench-board.js";
import type { Board } from "../../scene/xr/boards/board.js";
import type { AppState } from "../../state/app-state.js";
import { FrameClock, LATE } from "./frame-clock.js";

/** Kinds of work that a frame can have beside the drawing of the cloud. */
export const WORK = [
  "keyframe",
  "scene",
  "pictures",
  "forces",
  "palette",
  "head",
  "card",
  "sheet",
  "brush query",
] as const;
export type Work = (typeof WORK)[number];
/** The first ARRIVALS entries of WORK are data, which arrive between two frames. */
const ARRIVALS = 4;
const QUERY = WORK.indexOf("brush query");

/** Longest gap of a late frame, ms. A longer gap is a pause, such as the menu of the headset. */
const PAUSE_MS = 1000;
/** Number of the latest late frames whose details are kept. */
const KEPT = 24;
/**
 * Number of frames from which the period is measured, if the browser does not report its frame
 * rate.
 */
const FRAMES_FOR_PERIOD = 90;
/**
 * Period that is assumed before the measurement, ms. The slowest headset has this period (60 Hz).
 */
const LONGEST_PERIOD = 1000 / 60;

/** A late frame. */
export interface LateFrame {
  /** Time since the first frame, seconds. */
  at: number;
  /** Time since the previous frame, ms. */
  gap: number;
  /** Time spent in the page's script during the previous frame, ms. */
  script: number;
  work: Work[];
}

export interface WatchedParts {
  /** Boards whose drawings are recorded. The keys are the kinds of work in WORK. */
  boards: Partial<Record<Work, Board>>;
  brush: { readonly queriedAt: number };
}

export class BenchClock extends FrameClock {
  /** Number of late frames. */
  late = 0;
  /** Number of gaps longer than PAUSE_MS. */
  pauses = 0;
  /** Time from the first frame to the last frame, without the pauses, ms. */
  shown = 0;
  /**
   * Number of late frames per kind of work; the last entry counts late frames without such work.
   */
  readonly byWork = new Uint32Array(WORK.length + 1);
  private readonly recent = {
    at: new Float32Array(KEPT),
    gap: new Float32Array(KEPT),
    script: new Float32Array(KEPT),
    work: new Uint16Array(KEPT),
  };
  private readonly versions = new Float64Array(ARRIVALS);
  private readonly boards: readonly (Board | null)[];
  private first = 0;
  private last = 0;
  private lastScript = 0;
  private work = 0;
  private period = 0;

  constructor(
    private readonly state: AppState,
    private readonly parts: WatchedParts,
  ) {
    super();
    this.boards = WORK.map((name) => parts.boards[name] ?? null);
    this.arrivals();
  }

  /** Set the frame rate of the session, Hz; 0 if the browser does not report it. */
  setRate(rate: number): void {
    this.period = rate ? 1000 / rate : 0;
  }

  override begin(now: number): void {
    const gap = now - this.last;
    if (this.frames === 0) this.first = now;
    else if (gap > PAUSE_MS) this.pauses += 1;
    else this.shown += gap;
    super.begin(now);
    if (this.period === 0 && this.frames === FRAMES_FOR_PERIOD)
      this.period = this.figures().frameMs;
    const arrived = this.arrivals();
    const late = gap > LATE * (this.period || LONGEST_PERIOD) && gap <= PAUSE_MS;
    if (this.frames > 0 && late) this.record(now, gap, this.work | arrived);
    this.last = now;
    this.work = arrived;
  }

  override end(now: number, drawCalls: number): void {
    super.end(now, drawCalls);
    this.lastScript = now - this.last;
    const { boards } = this;
    for (let k = ARRIVALS; k < boards.length; k++)
      if (boards[k]?.drawnAt === this.last) this.work |= 1 << k;
    if (this.parts.brush.queriedAt === this.last) this.work |= 1 << QUERY;
  }

  override figures(): FrameFigures {
    return { ...super.figures(), late: this.late };
  }

  /** The latest late frames, oldest first. */
  latest(): LateFrame[] {
    const { recent, late } = this;
    const count = Math.min(late, KEPT);
    return Array.from({ length: count }, (_, k) => {
      const slot = (late - count + k) % KEPT;
      return {
        at: recent.at[slot]!,
        gap: recent.gap[slot]!,
        script: recent.script[slot]!,
        work: WORK.filter((_name, bit) => recent.work[slot]! & (1 << bit)),
      };
    });
  }

  private record(now: number, gap: number, work: number): void {
    const { recent, byWork } = this;
    const slot = this.late % KEPT;
    recent.at[slot] = (now - this.first) / 1000;
    recent.gap[slot] = gap;
    recent.script[slot] = this.lastScript;
    recent.work[slot] = work;
    this.late += 1;
    if (work === 0) byWork[WORK.length]! += 1;
    for (let bit = 0; bit < WORK.length; bit++) if (work & (1 << bit)) byWork[bit]! += 1;
  }

  /** Kinds of work that have arrived since the last call: bit k stands for entry k of WORK. */
  private arrivals(): number {
    const { state } = this;
    return (
      this.changed(0, state.latent.version) |
      this.changed(1, state.sceneVersion.value) |
      this.changed(2, state.picturesVersion.value) |
      this.changed(3, state.forces.version.value)
    );
  }

  private changed(bit: number, version: number): number {
    if (this.versions[bit] === version) return 0;
    this.versions[bit] = version;
    return 1 << bit;
  }
}
