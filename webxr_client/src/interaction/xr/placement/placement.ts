/**
 * Placement of the cloud and of a contact sheet: within arm's reach and below the eyes, which suits
 * people who stand and people who sit.
 */
import { Euler, MathUtils, type Matrix4, type Quaternion, Vector3 } from "three";
import {
  CLOUD_BELOW_ANGLE,
  CLOUD_DISTANCE,
  CLOUD_EXTENT,
  CLOUD_LEAST_HEIGHT,
  SHEET_AHEAD_ANGLE,
  SHEET_ANGLE,
  SHEET_BELOW_EYES,
  SHEET_DISTANCE,
} from "./dimensions.js";

const ahead = new Vector3();
const angles = new Euler();
const size = new Vector3();
const offset = new Vector3();
const up = new Vector3(0, 1, 0);

/**
 * Place the world in front of the person, upright and turned to the person.
 *
 * @param middle of the cloud, scene metres
 * @param across largest extent of the cloud, scene metres
 * @param floor whether y = 0 is the floor
 */
export function placeWorld(
  roomFromScene: Matrix4,
  head: { position: Vector3; orientation: Quaternion },
  middle: Vector3,
  across: number,
  floor: boolean,
): void {
  const yaw = angles.setFromQuaternion(head.orientation, "YXZ").y;
  ahead.set(
    -Math.sin(yaw) * Math.cos(CLOUD_BELOW_ANGLE),
    -Math.sin(CLOUD_BELOW_ANGLE),
    -Math.cos(yaw) * Math.cos(CLOUD_BELOW_ANGLE),
  );
  ahead.multiplyScalar(CLOUD_DISTANCE).add(head.position);
  if (floor) ahead.y = Math.max(CLOUD_LEAST_HEIGHT, ahead.y);
  const scale = CLOUD_EXTENT / Math.max(across, 1e-3);
  roomFromScene.makeRotationY(yaw);
  roomFromScene.scale(size.set(scale, scale, scale));
  ahead.sub(offset.copy(middle).multiplyScalar(scale).applyAxisAngle(up, yaw));
  roomFromScene.setPosition(ahead);
}

/**
 * Place a contact sheet within 30 degrees of straight ahead, turned to the eyes. Straight ahead is
 * the direction to the middle of the cloud, or the direction of view if the cloud is elsewhere or
 * the person stands in it.
 *
 * @param middle of the cloud, room metres
 * @param radius of the cloud, room metres
 * @param side 1 for a sheet to the right, -1 for the left
 */
export function placeSheet(
  roomFromSheet: Matrix4,
  head: { position: Vector3; orientation: Quaternion },
  middle: Vector3,
  radius: number,
  side: 1 | -1,
): void {
  const x = middle.x - head.position.x;
  const z = middle.z - head.position.z;
  const gaze = angles.setFromQuaternion(head.orientation, "YXZ").y;
  const cloud = Math.atan2(-x, -z);
  const between = Math.abs(
    MathUtils.euclideanModulo(cloud - gaze + Math.PI, 2 * Math.PI) - Math.PI,
  );
  const ahead = Math.hypot(x, z) < radius || between > SHEET_AHEAD_ANGLE ? gaze : cloud;
  const turned = ahead - side * SHEET_ANGLE;
  offset
    .set(-Math.sin(turned) * SHEET_DISTANCE, -SHEET_BELOW_EYES, -Math.cos(turned) * SHEET_DISTANCE)
    .add(head.position);
  roomFromSheet.lookAt(head.position, offset, up).setPosition(offset);
}
