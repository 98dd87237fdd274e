/** Moves the camera to items. */
import { Box3, Vector3 } from "three";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import type { Stage } from "../scene/stage.js";
import type { LatentState } from "../state/latent-state.js";
import { sceneMetres } from "../state/latent-state.js";

/** Smallest size of the part of the cloud that the camera shows, metres. */
const LEAST_SHOWN = 0.03;
/**
 * Smallest size of this part as a multiple of the size of a point, so that the neighbours of a
 * single item are also in view.
 */
const LEAST_POINTS = 8;

export interface FlyParts {
  latent: LatentState;
  stage: Stage;
  cloud: PointCloud;
}

/** Move the camera until `items` fill the area that the panels leave free. */
export function flyTo({ latent, stage, cloud }: FlyParts, items: Uint32Array): void {
  const { to } = latent;
  const box = new Box3();
  const at = new Vector3();
  for (const item of items)
    box.expandByPoint(
      at.set(
        sceneMetres(to[4 * item]!),
        sceneMetres(to[4 * item + 1]!),
        sceneMetres(to[4 * item + 2]!),
      ),
    );
  box.getSize(at);
  const least = Math.max(LEAST_SHOWN, LEAST_POINTS * cloud.pointSize);
  box.expandByScalar(Math.max(0.02 * at.length(), least - at.length()) / 2);
  stage.fit(true, box);
}
