/** The part of the scene that a camera shows on a canvas with panels over its edges. */
import { type Box3, type OrthographicCamera, PerspectiveCamera, Vector3 } from "three";

/** Space that panels cover at each edge of the page, CSS pixels. */
export interface Insets {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /**
   * Further space that a panel covers at the lower edge for a while. The free area that is left
   * shows what the whole free area shows without the panel, whatever view the person has chosen.
   */
  covered?: number;
}

/** Points of the cloud that the camera has to show. */
export interface Shown {
  /** x, y and z of each point, scene metres. */
  places: Float32Array;
  /** Half of the width of a drawn point, metres. */
  radius: number;
}

/** Share of the points that may lie behind panels at each edge. */
const OUTLIERS = 0.001;
/** Shortest distance from the camera to a cloud, metres, so that a single item does not fill it. */
const NEAREST = 0.5;
/** Radius of the ball that stands for a part of the cloud, as a share of its longest side. */
const BALL = 0.65;
/** Share of the free part of the page that the points fill: a lasso needs space around them. */
const FILLED = 0.94;
/** Half of the height that the orthographic camera shows at zoom 1, scene metres. */
const HALF_HEIGHT = 0.6;

/** Smallest width and height of a free area, CSS pixels. */
const LEAST_FREE = 80;

const size = new Vector3();

/**
 * Factor by which the view is smaller while a panel covers a part of the free area. `height` of the
 * canvas, CSS pixels.
 */
export function shrinkOf(height: number, { top, bottom, covered = 0 }: Insets): number {
  const free = Math.max(LEAST_FREE, height - top - bottom);
  return Math.max(LEAST_FREE, free - covered) / free;
}

/**
 * Position of a perspective camera, and its target, at which points fit into the free part of the
 * canvas, except outliers. Where the cloud is asymmetric, the target is beside its centre.
 *
 * @param nearest Smallest distance to the centre, metres.
 * @param offset Unit vector from the target to the camera.
 * @param slopes Half of the width and half of the height of the free part at a distance of 1 m.
 */
function fitPoints(
  { places, radius }: Shown,
  centre: Vector3,
  nearest: number,
  camera: PerspectiveCamera,
  offset: Vector3,
  slopes: readonly [number, number],
): { position: Vector3; target: Vector3 } {
  const right = new Vector3().crossVectors(camera.up, offset).normalize();
  const above = new Vector3().crossVectors(offset, right);
  const target = centre.clone();
  const point = new Vector3();
  let distance = nearest;
  for (const [axis, slope] of [
    [right, slopes[0]],
    [above, slopes[1]],
  ] as const) {
    // The distance from the centre at which each point touches one edge of the free part, and the
    // distance at which the point touches the opposite edge. The target halves their difference.
    const ahead = new Float32Array(places.length / 3);
    const behind = new Float32Array(places.length / 3);
    for (let k = 0; k < ahead.length; k++) {
      point.fromArray(places, 3 * k).sub(centre);
      const [depth, along] = [point.dot(offset), point.dot(axis)];
      ahead[k] = depth + (radius + along) / slope;
      behind[k] = depth + (radius - along) / slope;
    }
    const [high, low] = [withoutOutliers(ahead), withoutOutliers(behind)];
    distance = Math.max(distance, (high + low) / 2);
    target.addScaledVector(axis, (slope * (high - low)) / 2);
  }
  return { position: target.clone().addScaledVector(offset, distance), target };
}

/** Largest of `values`, without outliers. Sorts `values`. */
function withoutOutliers(values: Float32Array): number {
  values.sort();
  return values[Math.ceil(values.length * (1 - OUTLIERS)) - 1] ?? 0;
}

/** Size of the page and the space that panels cover at its edges, CSS pixels. */
interface Page {
  width: number;
  height: number;
  insets: Insets;
}

/**
 * Camera and target that show `box` (scene metres) in the free part of the page. `shown`: points of
 * the whole cloud, whose box `box` is; null for a part of the cloud. A page without width or
 * height, such as one in a hidden frame, counts as 1 pixel wide or high, so that its camera has a
 * place.
 */
export function fittedView(
  box: Box3,
  camera: PerspectiveCamera | OrthographicCamera,
  target: Vector3,
  page: Page,
  shown: Shown | null = null,
): { position: Vector3; target: Vector3; zoom: number } {
  const { insets } = page;
  const [width, height] = [Math.max(1, page.width), Math.max(1, page.height)];
  const centre = box.getCenter(new Vector3());
  const freeWidth = Math.max(LEAST_FREE, width - insets.left - insets.right) / width;
  const freeHeight = Math.max(LEAST_FREE, height - insets.top - insets.bottom) / height;
  box.getSize(size);
  if (camera instanceof PerspectiveCamera) {
    const longest = Math.max(size.x, size.y, size.z);
    const offset = camera.position.clone().sub(target).normalize();
    const slope = Math.tan((camera.fov * Math.PI) / 360);
    const filled = slope * FILLED;
    const slopes = [filled * camera.aspect * freeWidth, filled * freeHeight] as const;
    const ball = { places: Float32Array.from(centre.toArray()), radius: BALL * longest };
    const nearest = shown ? NEAREST : 0;
    return {
      ...fitPoints(shown ?? ball, centre, nearest, camera, offset, slopes),
      zoom: camera.zoom,
    };
  }
  const zoom =
    Math.min((1.2 * freeHeight) / size.y, (1.2 * freeWidth * width) / height / size.x) * FILLED;
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
  insets: Insets,
): void {
  const { left, right, top, bottom, covered = 0 } = insets;
  const scale = 1 / shrinkOf(height, insets);
  const dx = (scale * (right - left) - (scale - 1) * width) / 2;
  const dy = (scale * (bottom + covered - top) - (scale - 1) * height) / 2;
  const part = [width, height, dx, dy, scale * width, scale * height] as const;
  perspective.aspect = width / height;
  perspective.setViewOffset(...part);
  perspective.updateProjectionMatrix();
  orthographic.left = (-HALF_HEIGHT * width) / height;
  orthographic.right = (HALF_HEIGHT * width) / height;
  orthographic.top = HALF_HEIGHT;
  orthographic.bottom = -HALF_HEIGHT;
  orthographic.setViewOffset(...part);
  orthographic.updateProjectionMatrix();
}
