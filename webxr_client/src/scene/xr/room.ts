/** The lights in VR, and the fit of the box round the cloud. */
import {
  type Box3,
  DirectionalLight,
  HemisphereLight,
  type Light,
  type Object3D,
  Vector3,
} from "three";

/** Size added to the box round the cloud, as a share of the largest side of the cloud. */
const BOX_ROOM = 0.12;

const size = new Vector3();

/** Fit the box to `bounds` (scene metres). The box does not follow points that move later. */
export function fitBox(box: Object3D, bounds: Box3): void {
  bounds.getCenter(box.position);
  bounds.getSize(size).addScalar(BOX_ROOM * Math.max(size.x, size.y, size.z));
  box.scale.set(Math.max(size.x, 0.02), Math.max(size.y, 0.02), Math.max(size.z, 0.02));
}

/** Create the lights on hands and controllers. */
export function roomLights(): Light[] {
  const ambient = new HemisphereLight("#dfe9f5", "#39424e", 2.2);
  const sun = new DirectionalLight("#ffffff", 1.6);
  sun.position.set(0.4, 2, 0.8);
  return [ambient, sun];
}
