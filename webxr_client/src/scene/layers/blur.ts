/** Blur of the cells of a grid. */

/**
 * Mean of each cell and its two neighbours along one axis. A neighbour outside the grid counts as
 * 0.
 *
 * @param step distance of two neighbours in `values`
 * @param size number of cells along the axis
 * @param middle weight of the cell itself; each neighbour has the weight 1
 */
export function blurred(
  values: Float32Array,
  step: number,
  size: number,
  middle: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let cell = 0; cell < values.length; cell++) {
    const at = Math.floor(cell / step) % size;
    const before = at > 0 ? values[cell - step]! : 0;
    const after = at + 1 < size ? values[cell + step]! : 0;
    out[cell] = (before + middle * values[cell]! + after) / (2 + middle);
  }
  return out;
}
