/** Search for the items that a hand points at. A search reads all items of the newest keyframe. */
import { Vector3 } from "three";
import { GRID_STEPS } from "../../../protocol/messages.js";
import type { LatentState } from "../../../state/latent-state.js";

/**
 * Tangent of the largest angle between the ray and an item that the ray hits. The angle is 3
 * degrees (10 cm at a distance of 2 m).
 */
const SPREAD = Math.tan((3 * Math.PI) / 180);

const step = new Vector3();

/**
 * Find the first item along a ray, within SPREAD. Lengths are scene metres: the box is a cube of
 * 1 m about the origin.
 *
 * @param direction of the ray, a unit vector
 * @param among limits the search to these items
 * @returns distance along the ray; infinity if the ray hits no item
 */
export function firstAlong(
  latent: LatentState,
  origin: Vector3,
  direction: Vector3,
  among: Uint32Array | null = null,
): number {
  const { to } = latent;
  const scale = 1 / (GRID_STEPS - 1);
  const flat = latent.latentDim === 2;
  const n = among ? among.length : latent.n;
  let first = Number.POSITIVE_INFINITY;
  for (let k = 0; k < n; k++) {
    const i = among ? among[k]! : k;
    if (to[4 * i + 3] !== 0) continue;
    step.set(
      to[4 * i]! * scale - 0.5 - origin.x,
      to[4 * i + 1]! * scale - 0.5 - origin.y,
      (flat ? 0 : to[4 * i + 2]! * scale - 0.5) - origin.z,
    );
    const along = step.dot(direction);
    if (along <= 0 || along >= first) continue;
    if (step.lengthSq() <= along * along * (1 + SPREAD * SPREAD)) first = along;
  }
  return first;
}
