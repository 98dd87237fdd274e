/**
 * Filter of a point that a camera tracks: it removes tremor while the point is nearly still, and
 * follows fast motion without a noticeable delay ("1 Euro Filter", Casiez et al., CHI 2012).
 */
import { Vector3 } from "three";

/** Cutoff frequency of the filter of the speed, Hz, as recommended by the paper. */
const SPEED_CUTOFF = 1;

const step = new Vector3();

export class OneEuro {
  private readonly before = new Vector3();
  private readonly shown = new Vector3();
  private readonly velocity = new Vector3();
  private empty = true;

  /**
   * @param cutoff cutoff frequency for a point at rest, Hz; 2 Hz delays by about 80 ms
   * @param gain increase of the cutoff frequency with the speed of the point, Hz per unit of speed
   */
  constructor(
    private readonly cutoff: number,
    private readonly gain: number,
  ) {}

  /** Forget the past: the next point is not filtered. */
  reset(): void {
    this.empty = true;
  }

  /** Replace `point` with the filtered point. `seconds`: time since the previous call. */
  filter(point: Vector3, seconds: number): void {
    if (this.empty) {
      this.empty = false;
      this.velocity.set(0, 0, 0);
      this.shown.copy(point);
    } else if (seconds > 0) {
      step.subVectors(point, this.before).divideScalar(seconds);
      this.velocity.lerp(step, share(SPEED_CUTOFF, seconds));
      const cutoff = this.cutoff + this.gain * this.velocity.length();
      this.shown.lerp(point, share(cutoff, seconds));
    }
    this.before.copy(point);
    point.copy(this.shown);
  }
}

/** Share of the way from the filtered to the new value in one step of a first-order low-pass. */
function share(cutoff: number, seconds: number): number {
  const rate = 2 * Math.PI * cutoff * seconds;
  return rate / (rate + 1);
}
