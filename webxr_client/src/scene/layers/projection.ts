/** Places of items on the screen. */
import { GRID_STEPS } from "../../protocol/messages.js";
import type { LatentState } from "../../state/latent-state.js";

/** Converts positions on the grid to CSS pixels of the view. */
export class Projection {
  private readonly matrix = new Float64Array(16);

  /**
   * @param clipFromLatent column-major matrix
   * @param width size of the view, CSS pixels
   */
  constructor(
    clipFromLatent: readonly number[],
    box: LatentState["box"],
    private readonly width: number,
    private readonly height: number,
  ) {
    const step = box.size / (GRID_STEPS - 1);
    for (let row = 0; row < 4; row++) {
      let shift = clipFromLatent[12 + row]!;
      for (let axis = 0; axis < 3; axis++) {
        const value = clipFromLatent[4 * axis + row]!;
        this.matrix[4 * axis + row] = value * step;
        shift += value * box.origin[axis]!;
      }
      this.matrix[12 + row] = shift;
    }
  }

  /**
   * Write x and y (CSS pixels) of a place to `out`. Returns whether the place is in front of the
   * camera.
   */
  place(x: number, y: number, z: number, out: Float64Array): boolean {
    const m = this.matrix;
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
    if (w <= 0) return false;
    out[0] = ((m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w + 1) * 0.5 * this.width;
    out[1] = (1 - (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w) * 0.5 * this.height;
    return true;
  }

  /**
   * Return how many CSS pixels the distance `length`, in grid steps, covers at a place when it is
   * parallel to the screen.
   */
  pixels(x: number, y: number, z: number, length: number): number {
    const m = this.matrix;
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
    const scale = Math.hypot(m[1]!, m[5]!, m[9]!);
    return w > 0 ? (scale * length * 0.5 * this.height) / w : 0;
  }
}
