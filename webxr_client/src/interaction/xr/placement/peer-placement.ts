/** Placement of the cloud so that the person sees it as another person does. */
import { Euler, MathUtils, type Matrix4, Quaternion, Vector3 } from "three";
import type { PeerView } from "../../../scene/peer-view.js";
import { CLOUD_BELOW_ANGLE, CLOUD_DISTANCE, LARGEST_SCALE, LEAST_SCALE } from "./dimensions.js";

const angles = new Euler();
const roomFromEyes = new Quaternion();
const roomFromScene = new Quaternion();
const at = new Vector3();
const place = new Vector3();
const scales = new Vector3();

/**
 * Write the pose of the scene in which the target of `view` is straight ahead of the person and a
 * little below the eyes, as large and from the same side as the other person sees it. The direction
 * in which the person looks up or down does not matter.
 */
export function placeAsSeen(
  out: Matrix4,
  view: PeerView,
  head: { position: Vector3; orientation: Quaternion },
): void {
  const yaw = angles.setFromQuaternion(head.orientation, "YXZ").y;
  roomFromEyes.setFromEuler(angles.set(-CLOUD_BELOW_ANGLE, yaw, 0, "YXZ"));
  roomFromScene.copy(view.turn).invert().premultiply(roomFromEyes);
  const scale = MathUtils.clamp(view.scale, LEAST_SCALE, LARGEST_SCALE);
  place
    .set(0, 0, -(view.distance || CLOUD_DISTANCE))
    .applyQuaternion(roomFromEyes)
    .add(head.position)
    .sub(at.copy(view.target).multiplyScalar(scale).applyQuaternion(roomFromScene));
  out.compose(place, roomFromScene, scales.setScalar(scale));
}
