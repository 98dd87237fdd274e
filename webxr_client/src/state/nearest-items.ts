/** Items near one item on the map. */
import type { LatentState } from "./latent-state.js";

/**
 * The `most` items that are nearest to `item` at the newest keyframe, the nearest first, without
 * the item itself. Takes one pass over the points.
 */
export function nearestItems(
  { to, n, latentDim }: Pick<LatentState, "to" | "n" | "latentDim">,
  item: number,
  most: number,
): Uint32Array {
  const at = [0, 1, 2].map((axis) => to[4 * item + axis]!);
  const found: number[] = [];
  const squares: number[] = [];
  for (let other = 0; other < n; other++) {
    if (other === item) continue;
    let square = 0;
    for (let axis = 0; axis < latentDim; axis++) square += (to[4 * other + axis]! - at[axis]!) ** 2;
    if (found.length === most && square >= squares[most - 1]!) continue;
    let place = Math.min(found.length, most - 1);
    for (; place > 0 && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      found[place] = found[place - 1]!;
    }
    squares[place] = square;
    found[place] = other;
  }
  return Uint32Array.from(found);
}
