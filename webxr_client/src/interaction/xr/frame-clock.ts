/**
 * Durations of the last frames, stored in ring buffers without allocating memory. Statistics are
 * computed on request.
 */
import type { FrameFigures } from "../../scene/xr/boards/bench-board.js";

/**
 * A frame is late if it begins more than LATE periods after the previous frame. The period is the
 * time between two frames of the headset. A frame in time begins one period after the previous
 * frame. A late frame begins two or more periods after it. The times that browsers report have an
 * error of some tenths of a period, so LATE is in the middle between one and two.
 */
export const LATE = 1.5;
/** Number of frames in a ring buffer. */
const KEPT = 256;

export class FrameClock {
  /** Draw calls of the last frame. */
  drawCalls = 0;
  private readonly gaps = new Float32Array(KEPT);
  private readonly scripts = new Float32Array(KEPT);
  private count = 0;
  private began = 0;

  /** Begin a frame. `now`: ms. */
  begin(now: number): void {
    this.gaps[this.count % KEPT] = this.count > 0 ? now - this.began : 0;
    this.began = now;
  }

  /** End the frame. `now`: ms. */
  end(now: number, drawCalls: number): void {
    this.scripts[this.count % KEPT] = now - this.began;
    this.count += 1;
    this.drawCalls = drawCalls;
  }

  reset(): void {
    this.count = 0;
  }

  /** Number of frames since the last reset. */
  get frames(): number {
    return this.count;
  }

  figures(): FrameFigures {
    // The first entry is not a time between two frames.
    const gaps = this.sorted(this.gaps, this.count <= KEPT ? 1 : 0);
    const scripts = this.sorted(this.scripts);
    return {
      frameMs: quantile(gaps, 0.5),
      frameMs95: quantile(gaps, 0.95),
      scriptMs: quantile(scripts, 0.5),
      scriptMs95: quantile(scripts, 0.95),
      drawCalls: this.drawCalls,
    };
  }

  private sorted(ring: Float32Array, from = 0): Float32Array {
    return ring.slice(from, Math.min(this.count, KEPT)).sort();
  }
}

function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
