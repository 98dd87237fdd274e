/** The part of the scene that a camera shows on a canvas with panels over its edges. */
import { type Box3, type OrthographicCamera, PerspectiveCamera, Vector3 } from "three";

/** Space that panels cover at each edge of the page, CSS pixels. */
export interface Insets {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /**
   * Further space that a panel covers at the lower edge for a while. The view moves up, but keeps
   * its scale.
   */
  covered?: number;
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
function fitDistance(
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

/** Size of the page and the space that panels cover at its edges, CSS pixels. */
interface Page {
  width: number;
  height: number;
  insets: Insets;
}

/** Camera and target that show the whole `box` (scene metres) in the free part of the page. */
export function fittedView(
  box: Box3,
  camera: PerspectiveCamera | OrthographicCamera,
  target: Vector3,
  { width, height, insets }: Page,
): { position: Vector3; target: Vector3; zoom: number } {
  const centre = box.getCenter(new Vector3());
  const freeWidth = Math.max(80, width - insets.left - insets.right) / width;
  const freeHeight = Math.max(80, height - insets.top - insets.bottom) / height;
  if (camera instanceof PerspectiveCamera) {
    const offset = camera.position.clone().sub(target).normalize();
    const distance = fitDistance(box, camera, offset, freeWidth, freeHeight);
    const position = centre.clone().addScaledVector(offset, distance);
    return { position, target: centre, zoom: camera.zoom };
  }
  box.getSize(size);
  const zoom =
    Math.min((1.2 * freeHeight) / size.y, (1.2 * freeWidth * width) / height / size.x) * 0.94;
  return { position: new Vector3(centre.x, centre.y, 2), target: centre, zoom };
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
  { left, right, top, bottom, covered = 0 }: Insets,
): void {
  const dx = (right - left) / 2;
  const dy = (bottom + covered - top) / 2;
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
