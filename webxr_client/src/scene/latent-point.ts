/** Points of the latent space, from items and from positions on the page. */
import { Matrix4, Vector3 } from "three";
import type { LatentState } from "../state/latent-state.js";
import type { Stage } from "./stage.js";

const point = new Vector3();
const clipFromLatent = new Matrix4();
const latentFromScene = new Matrix4();

/** Write the latent mean of an item at its newest keyframe into `place`, and return `place`. */
export function itemPlace(latent: LatentState, item: number, place: Vector3): Vector3 {
  const z = latent.latentDim === 2 ? 0 : latent.latentMean(item, 2);
  return place.set(latent.latentMean(item, 0), latent.latentMean(item, 1), z);
}

/**
 * The point of the latent space under a position of the cloud's element (CSS pixels). Its depth is
 * that of `item` or, if `item` is negative, that of the camera's target.
 */
export function latentAt(
  stage: Stage,
  latent: LatentState,
  x: number,
  y: number,
  item: number,
): [number, number, number] {
  const { element, controls } = stage;
  clipFromLatent.fromArray(stage.clipFromLatent());
  latentFromScene.fromArray(latent.sceneFromLatent()).invert();
  if (item >= 0) itemPlace(latent, item, point);
  else point.copy(controls.target).applyMatrix4(latentFromScene);
  const depth = point.applyMatrix4(clipFromLatent).z;
  point
    .set((x / element.clientWidth) * 2 - 1, 1 - (y / element.clientHeight) * 2, depth)
    .applyMatrix4(clipFromLatent.invert());
  return [point.x, point.y, latent.latentDim === 2 ? 0 : point.z];
}
