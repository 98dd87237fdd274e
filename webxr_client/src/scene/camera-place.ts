/** Conversion between the position of a camera and angles, as the address of a site states them. */
import { MathUtils, OrthographicCamera, type PerspectiveCamera, Vector3 } from "three";
import type { Box } from "../protocol/scene-file.js";
import type { CameraPlace } from "../state/site-view.js";

/** Largest elevation of the camera, in degrees. At 90 degrees the azimuth would be undefined. */
const STEEPEST = 89.9;

const offset = new Vector3();

/** Place of `camera`, which looks at `target` (scene metres). */
export function placeOf(
  camera: PerspectiveCamera | OrthographicCamera,
  target: Vector3,
): CameraPlace {
  const at = target.toArray();
  if (camera instanceof OrthographicCamera) return { target: at, zoom: camera.zoom };
  offset.copy(camera.position).sub(target);
  const distance = offset.length();
  return {
    azimuth: MathUtils.radToDeg(Math.atan2(offset.x, offset.z)),
    elevation: MathUtils.radToDeg(Math.asin(MathUtils.clamp(offset.y / distance, -1, 1))),
    distance,
    target: at,
  };
}

/**
 * Move `camera` and its `target` to `place`. Values that `place` does not state stay as they are.
 * Returns whether `place` determines what is in view; if not, the caller fits the cloud.
 */
export function moveCamera(
  camera: PerspectiveCamera | OrthographicCamera,
  target: Vector3,
  place: CameraPlace,
): boolean {
  const current = camera.position.clone().sub(target);
  if (place.target) target.fromArray(place.target);
  if (camera instanceof OrthographicCamera) {
    camera.zoom = place.zoom ?? camera.zoom;
    camera.updateProjectionMatrix();
    camera.position.copy(target).add(current);
    return !!place.target || place.zoom !== undefined;
  }
  const distance = place.distance ?? current.length();
  camera.position.copy(target).add(offsetAt(place, current, distance));
  return !!place.target || place.distance !== undefined;
}

/**
 * Place in a scene of the box `to` that shows the same part of the latent space as `place` in a
 * scene of the box `from`. Each box is a cube of 1 m in its scene.
 */
export function placeInBox(place: CameraPlace, from: Box, to: Box): CameraPlace {
  const scale = from.size / to.size;
  const target = place.target?.map(
    (at, k) => ((at + 0.5) * from.size + from.origin[k]! - to.origin[k]!) / to.size - 0.5,
  );
  return {
    ...place,
    distance: place.distance === undefined ? undefined : place.distance * scale,
    zoom: place.zoom === undefined ? undefined : place.zoom / scale,
    target: target && [target[0]!, target[1]!, target[2]!],
  };
}

/**
 * Vector of length `distance` from the target to a camera at `place`. An angle that `place` does
 * not state is that of `current`, the vector from the target to the camera now.
 */
function offsetAt(place: CameraPlace, current: Vector3, distance: number): Vector3 {
  const azimuth =
    place.azimuth === undefined
      ? Math.atan2(current.x, current.z)
      : MathUtils.degToRad(place.azimuth);
  const elevation =
    place.elevation === undefined
      ? Math.asin(MathUtils.clamp(current.y / current.length(), -1, 1))
      : MathUtils.degToRad(MathUtils.clamp(place.elevation, -STEEPEST, STEEPEST));
  const level = Math.cos(elevation);
  return new Vector3(
    Math.sin(azimuth) * level,
    Math.sin(elevation),
    Math.cos(azimuth) * level,
  ).multiplyScalar(distance);
}
