/**
 * Conversion of the camera's position into angles and back. The address of a baked site states
 * these angles.
 */
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
 * Returns whether `place` determines what is in view. If not, the caller has to fit the cloud into
 * the page.
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
 * Convert `place` from a scene with the box `from` to a scene with the box `to`. The result shows
 * the same part of the latent space. Each box is a cube of 1 m in its scene.
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
 * Return the vector of length `distance` from the target to a camera at `place`. If `place` does
 * not state an angle, the angle of `current` is used. `current` is the vector from the target to
 * the present position of the camera.
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
