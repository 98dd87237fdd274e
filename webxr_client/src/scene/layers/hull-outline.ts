/** The hull of a rule as it is seen on the page. */
import { Matrix4, Vector3 } from "three";
import type { Insets } from "../camera-frame.js";
import type { Stage } from "../stage.js";

/** A place of the page, CSS pixels from the top left of the cloud. */
export interface PagePlace {
  x: number;
  y: number;
}

/** Middle of a hull on the page, and the places of its handles. */
export interface HullOutline {
  middle: PagePlace;
  /** At the rightmost corner. */
  right: PagePlace;
  /** Above the highest corner. */
  top: PagePlace;
  /** How much of the page panels and notices cover at each edge now, CSS pixels. */
  insets: Readonly<Insets>;
}

/** Distance of the upper handle above the hull, CSS pixels. */
const ABOVE = 16;
/** Least distance of a handle from a panel, CSS pixels. */
const MARGIN = 16;

const clip = new Matrix4();
const at = new Vector3();

/**
 * Outline of a hull. Handles are not behind panels, unless the middle of the hull is there, too.
 * `corners`: three numbers each, scene metres.
 */
export function outlineOf(
  corners: Float32Array,
  { camera, element, insets: all }: Pick<Stage, "camera" | "element" | "insets">,
): HullOutline {
  const { covered = 0 } = all;
  const insets = { ...all, bottom: all.bottom + covered, covered: 0 };
  camera.updateMatrixWorld(); // the camera can have moved in this frame
  clip.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
  const { clientWidth, clientHeight } = element;
  const middle = { x: 0, y: 0 };
  let right = { x: Number.NEGATIVE_INFINITY, y: 0 };
  let top = { x: 0, y: Number.POSITIVE_INFINITY };
  for (let k = 0; k < corners.length; k += 3) {
    at.fromArray(corners, k).applyMatrix4(clip);
    const x = ((at.x + 1) / 2) * clientWidth;
    const y = ((1 - at.y) / 2) * clientHeight;
    middle.x += (3 * x) / corners.length;
    middle.y += (3 * y) / corners.length;
    if (x > right.x) right = { x, y };
    if (y < top.y) top = { x, y };
  }
  const free = ({ x, y }: PagePlace): PagePlace => ({
    x: within(x, insets.left, clientWidth - insets.right, middle.x),
    y: within(y, insets.top, clientHeight - insets.bottom, middle.y),
  });
  return { middle, right: free(right), top: free({ x: top.x, y: top.y - ABOVE }), insets };
}

function within(at: number, low: number, high: number, middle: number): number {
  return Math.max(Math.min(low + MARGIN, middle), Math.min(Math.max(high - MARGIN, middle), at));
}
