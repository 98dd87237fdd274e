/** Numbers that a panel draws: positions between epochs, the range of the axes, histograms. */

/**
 * Share of the coordinates that lie within the axes. If the axes included the few outliers, all
 * other points would lie too close together.
 */
const INCLUDED = 0.998;
const MARGIN = 1.08;

/**
 * Write the positions at `epoch` into `out`. Between two epochs, points move on straight lines.
 * After the last epoch of the recording, points stay at their last positions.
 */
export function positionsAt(
  moments: readonly Float32Array[],
  epoch: number,
  out: Float32Array,
): void {
  const last = moments.length - 1;
  const at = Math.min(last, Math.max(0, epoch));
  const before = moments[Math.floor(at)]!;
  const after = moments[Math.min(last, Math.floor(at) + 1)]!;
  const share = at - Math.floor(at);
  for (let k = 0; k < out.length; k++) out[k] = before[k]! + share * (after[k]! - before[k]!);
}

/**
 * Return the limit of both axes. The range from -limit to limit includes nearly all coordinates.
 */
export function axisLimit(latent: Float32Array): number {
  if (latent.length === 0) return 1;
  const sorted = latent.map(Math.abs).sort();
  const at = Math.min(sorted.length - 1, Math.floor(INCLUDED * sorted.length));
  return Math.max(1e-3, MARGIN * sorted[at]!);
}

/** Step between two marks of an axis: 1, 2 or 5 times a power of 10. There are at most 3 marks on
 * each side of 0. */
export function markStep(limit: number): number {
  const rough = limit / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

/**
 * Marginal histogram of each class.
 *
 * @param axis 0 for the horizontal axis, 1 for the vertical axis.
 * @returns Number of items per class and bin, `bins` numbers per class. Items without a label and
 *   items beyond the axes are left out.
 */
export function histograms(
  latent: Float32Array,
  labels: Int16Array,
  classes: number,
  axis: 0 | 1,
  limit: number,
  bins: number,
): Uint32Array {
  const counts = new Uint32Array(classes * bins);
  for (let item = 0; item < labels.length; item++) {
    const label = labels[item]!;
    const bin = Math.floor(((latent[2 * item + axis]! + limit) / (2 * limit)) * bins);
    if (label < 0 || label >= classes || bin < 0 || bin >= bins) continue;
    counts[label * bins + bin]! += 1;
  }
  return counts;
}
