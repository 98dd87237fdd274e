/**
 * Scale factor of the picture in VR, relative to the size that the browser recommends. The factor
 * cannot be changed during a session.
 */

/**
 * Factor for the graphics chip of the XR2 Gen 2 (Quest 3, 3S, Galaxy XR) and later. At factor 1,
 * text of 8 mm at 0.45 m has about 11 pixels on a Quest 2, near the limit of legibility. On all
 * headsets of Meta, the recommended size is below the size of the display (on a Quest 2 by a factor
 * of 1.42, three.js issue 22740). An older chip has no time for more pixels (three.js issue 24877).
 */
const FACTOR_OF_NEW_CHIPS = 1.2;
/** Number of the Adreno of the XR2 Gen 2. The XR2 Gen 1 has the Adreno 650. */
const FIRST_NEW_ADRENO = 740;
/**
 * Limits of the factor in the address (`?scale=`). With a smaller factor the picture is unreadable.
 * With a larger factor a frame takes seconds.
 */
const LEAST = 0.3;
const MOST = 2;

/** The factor from the address (`?scale=1.4`), or the factor for the graphics chip `renderer`. */
export function framebufferScale(search: string, renderer: string): number {
  const wanted = Number.parseFloat(new URLSearchParams(search).get("scale") ?? "");
  if (Number.isFinite(wanted)) return Math.min(MOST, Math.max(LEAST, wanted));
  const adreno = Number(/Adreno \(TM\) (\d+)/.exec(renderer)?.[1] ?? 0);
  return adreno >= FIRST_NEW_ADRENO ? FACTOR_OF_NEW_CHIPS : 1;
}
