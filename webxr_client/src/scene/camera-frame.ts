/** The part of the scene that a camera shows on a canvas with panels over its edges. */
import { type Box3, type OrthographicCamera, type PerspectiveCamera, Vector3 } from "three";

/** Space that panels cover at each edge of the page, CSS pixels. */
export interface Insets {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const FIT_SHARE = 0.97;
/** Half of the height that the orthographic camera shows at zoom 1, scene metres. */
const HALF_HEIGHT = 0.6;

const size = new Vector3();

/**
 * Distance of a perspective camera from the centre of `box` at which all corners fit into the free
 * part of the canvas.
 *
 * @param offset Unit vector from the centre of the box to the camera.
 * @param freeWidth Free part of the width of the canvas (0..1).
 * @param freeHeight Free part of the height of the canvas (0..1).
 */
export function fitDistance(
  box: Box3,
  camera: PerspectiveCamera,
  offset: Vector3,
  freeWidth: number,
  freeHeight: number,
): number {
  box.getSize(size);
  const tangent = Math.tan((camera.fov * Math.PI) / 360);
  const right = new Vector3().crossVectors(camera.up, offset).normalize();
  const above = new Vector3().crossVectors(offset, right);
  const extent = (axis: Vector3) =>
    (Math.abs(axis.x) * size.x + Math.abs(axis.y) * size.y + Math.abs(axis.z) * size.z) / 2;
  const vertical = extent(above) / (tangent * freeHeight);
  const horizontal = extent(right) / (tangent * camera.aspect * freeWidth);
  // The front of the box looks larger than its middle. To fit the corners of the front, the whole
  // distance from the middle to the front would be added. Clouds are round and have no points at
  // these corners, so 0.45 of this distance is enough.
  return FIT_SHARE * Math.max(vertical, horizontal) + extent(offset) * 0.45;
}

/**
 * Adapt both cameras to the width and height of a canvas (CSS pixels). The centre of the view is in
 * the middle of the area that the panels leave free.
 */
export function frameCameras(
  perspective: PerspectiveCamera,
  orthographic: OrthographicCamera,
  width: number,
  height: number,
  { left, right, top, bottom }: Insets,
): void {
  const dx = (right - left) / 2;
  const dy = (bottom - top) / 2;
  perspective.aspect = width / height;
  perspective.setViewOffset(width, height, dx, dy, width, height);
  perspective.updateProjectionMatrix();
  orthographic.left = (-HALF_HEIGHT * width) / height;
  orthographic.right = (HALF_HEIGHT * width) / height;
  orthographic.top = HALF_HEIGHT;
  orthographic.bottom = -HALF_HEIGHT;
  orthographic.setViewOffset(width, height, dx, dy, width, height);
  orthographic.updateProjectionMatrix();
}
