/** Recent places of the brush, to find where a hand was before its fingers began to open. */
import { Vector3 } from "three";

/** Number of places that are kept: 0.2 s at 120 frames per second. */
const KEPT = 24;

export class BrushTrail {
  private readonly places = Array.from({ length: KEPT }, () => new Vector3());
  private readonly times = new Float64Array(KEPT);
  private count = 0;

  /** Forget all places. The next recorded place is the first one. */
  clear(): void {
    this.count = 0;
  }

  /** Record the place of the brush at `now`, milliseconds. */
  record(now: number, place: Vector3): void {
    const last = (this.count - 1) % KEPT;
    if (this.count > 0 && this.times[last] === now) this.count -= 1;
    this.places[this.count % KEPT]!.copy(place);
    this.times[this.count % KEPT] = now;
    this.count += 1;
  }

  /**
   * Write the last place that was recorded at or before `time` into `out`. If there is no such
   * place, write the oldest place that is kept.
   */
  at(time: number, out: Vector3): Vector3 {
    let k = this.count - 1;
    const first = Math.max(0, this.count - KEPT);
    while (k > first && this.times[k % KEPT]! > time) k -= 1;
    return out.copy(this.places[Math.max(0, k) % KEPT]!);
  }
}
