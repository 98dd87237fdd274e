/** View of the last frame. The page requests the pictures and tiles that this view needs. */
import { Matrix4, OrthographicCamera, Vector3 } from "three";
import type { ShownView } from "./cloud/page-demand.js";
import type { PointCloud } from "./cloud/point-cloud.js";
import type { Stage } from "./stage.js";

const clipFromScene = new Matrix4();

const sceneFromRoom = new Matrix4();
const eye = new Vector3();

/** View of the last frame; in VR, the view of both eyes. The next call overwrites the result. */
export function shownView({ renderer, camera, world }: Stage, { material }: PointCloud): ShownView {
  const presenting = renderer.xr.isPresenting;
  const shown = presenting ? renderer.xr.getCamera() : camera;
  clipFromScene.multiplyMatrices(shown.projectionMatrix, shown.matrixWorldInverse);
  clipFromScene.multiply(world.matrix);
  eye.setFromMatrixPosition(shown.matrixWorld);
  eye.applyMatrix4(sceneFromRoom.copy(world.matrix).invert());
  const { pixelsAtOneMetre: pixels, pixelsPerMetre, brush } = material;
  const flat = camera instanceof OrthographicCamera && !presenting;
  const matrix = clipFromScene.elements;
  return { clipFromScene: matrix, eye, flat, pixels, pixelsPerMetre, brush, presenting };
}
