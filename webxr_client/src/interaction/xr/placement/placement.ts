/**
 * Places of the cloud and of a contact sheet: within arm's reach and below the eyes, which suits
 * people who stand and people who sit.
 */
import { Euler, MathUtils, type Matrix4, type Quaternion, Vector3 } from "three";
import {
  CLOUD_BELOW_ANGLE,
  CLOUD_DISTANCE,
  CLOUD_EXTENT,
  CLOUD_LEAST_HEIGHT,
  SHEET_BELOW_EYES,
  SHEET_DISTANCE,
  SHEET_GAP_ANGLE,
  SHEET_LARGEST_ANGLE,
  SHEET_LEAST_ANGLE,
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
 * Place a contact sheet beside the cloud, where it hides no point, turned to the eyes. If the
 * person stands in the cloud, the sheet is beside the direction of view.
 *
 * @param middle of the cloud, room metres
 * @param radius of the cloud, room metres
 * @param width of the sheet, metres
 * @param side 1 for a sheet to the right of the cloud, -1 for the left
 */
export function placeSheet(
  roomFromSheet: Matrix4,
  head: { position: Vector3; orientation: Quaternion },
  middle: Vector3,
  radius: number,
  width: number,
  side: 1 | -1,
): void {
  const x = middle.x - head.position.x;
  const z = middle.z - head.position.z;
  const away = Math.hypot(x, z);
  const inside = away < radius;
  const yaw = inside ? angles.setFromQuaternion(head.orientation, "YXZ").y : Math.atan2(-x, -z);
  const half = inside
    ? Math.PI
    : Math.asin(radius / away) + Math.atan(width / 2 / SHEET_DISTANCE) + SHEET_GAP_ANGLE;
  const turned = yaw - side * MathUtils.clamp(half, SHEET_LEAST_ANGLE, SHEET_LARGEST_ANGLE);
  offset
    .set(-Math.sin(turned) * SHEET_DISTANCE, -SHEET_BELOW_EYES, -Math.cos(turned) * SHEET_DISTANCE)
    .add(head.position);
  roomFromSheet.lookAt(head.position, offset, up).setPosition(offset);
}
