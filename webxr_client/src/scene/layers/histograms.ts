/** Histograms of the points along the lower and the left edge of a map, stacked by class. */

/** Width of a bar, CSS pixels. */
export const BAR = 6;
/** Length of the longest bar, CSS pixels. */
const LENGTH = 44;

/**
 * Numbers of points per bar and class.
 *
 * @param places x or y per point, CSS pixels
 * @param classIds class per point; -1 for none
 * @param classes number of classes
 * @returns one row per bar, with the points of each class, and at the end those without a class
 */
export function binned(
  places: Float32Array,
  classIds: Int16Array,
  classes: number,
  size: number,
): Uint32Array[] {
  const bars = Array.from({ length: Math.ceil(size / BAR) }, () => new Uint32Array(classes + 1));
  places.forEach((place, k) => {
    const bar = bars[Math.floor(place / BAR)];
    const id = classIds[k]!;
    if (bar) bar[id >= 0 && id < classes ? id : classes]! += 1;
  });
  return bars;
}

/**
 * Draw bars along an edge.
 *
 * @param from place of the edge, CSS pixels
 * @param colours one colour per class, and the colour of points without a class
 * @param upright whether the bars stand on the lower edge; otherwise they start at the left edge
 */
export function drawBars(
  context: CanvasRenderingContext2D,
  bars: readonly Uint32Array[],
  colours: readonly string[],
  from: number,
  upright: boolean,
): void {
  const sums = bars.map((bar) => bar.reduce((a, b) => a + b, 0));
  const most = Math.max(1, ...sums);
  bars.forEach((bar, k) => {
    let at = from;
    bar.forEach((points, id) => {
      if (points === 0) return;
      const length = (points / most) * LENGTH;
      context.fillStyle = colours[id] ?? colours[colours.length - 1]!;
      if (upright) context.fillRect(k * BAR, at - length, BAR - 1, length);
      else context.fillRect(at, k * BAR, length, BAR - 1);
      at += upright ? -length : length;
    });
  });
}
