/** Size of the points of a cloud. */

/**
 * Size of a point in scene metres. The more items the map has, the smaller its points are. The size
 * has an upper limit. In a 3D map of 5,000 items, which fills a cube of 1 m, a point is 18 mm wide.
 */
export function pointMetres(n: number, dimension: number): number {
  return dimension === 2
    ? Math.min(0.06, 0.7 / Math.sqrt(Math.max(n, 1)))
    : Math.min(0.08, 0.3 / Math.cbrt(Math.max(n, 1)));
}
