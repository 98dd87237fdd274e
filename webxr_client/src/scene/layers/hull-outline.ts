/** The hull of a rule as it is seen on the page. */
import { Matrix4, Vector3 } from "three";
import type { Stage } from "../stage.js";

/** A place of the page, CSS pixels from the top left of the cloud. */
export interface PagePlace {
  x: number;
  y: number;
}

const clip = new Matrix4();
const at = new Vector3();

/** Middle, rightmost and highest corner of a hull. */
export interface HullOutline {
  middle: PagePlace;
  right: PagePlace;
  top: PagePlace;
}

/** Outline of a hull. `corners`: three numbers each, scene metres. */
export function outlineOf(
  corners: Float32Array,
  { camera, element }: Pick<Stage, "camera" | "element">,
): HullOutline {
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
  return { middle, right, top };
}
