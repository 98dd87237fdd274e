/** Where things stand, at arm's reach and below the eyes, so that it is right standing and seated: the cloud before the person, a sheet beside it. */
import { Euler, MathUtils, type Matrix4, type Quaternion, Vector3 } from "three";

/** Metres from the eyes to the cloud's middle. */
export const REACH = 0.72;
/** Metres across. */
export const ACROSS = 0.66;
const BELOW = (15 * Math.PI) / 180;
const LOWEST = 0.45;
/** Of a contact sheet: metres from the eyes, below them, and how far it is turned from the cloud at least and at most. */
const SHEET_REACH = 0.52;
const SHEET_BELOW = 0.16;
const SHEET_LEAST = (40 * Math.PI) / 180;
const SHEET_MOST = (70 * Math.PI) / 180;
/** Between cloud and sheet. */
const SHEET_APART = (2 * Math.PI) / 180;

const ahead = new Vector3();
const angles = new Euler();
const size = new Vector3();
const offset = new Vector3();
const up = new Vector3(0, 1, 0);

/** `middle` and `across`: of the cloud, in scene metres. `floor`: whether y = 0 is the floor. The world is upright and faces the person. */
export function placeWorld(
  world: Matrix4,
  head: { position: Vector3; orientation: Quaternion },
  middle: Vector3,
  across: number,
  floor: boolean,
): void {
  const yaw = angles.setFromQuaternion(head.orientation, "YXZ").y;
  ahead.set(-Math.sin(yaw) * Math.cos(BELOW), -Math.sin(BELOW), -Math.cos(yaw) * Math.cos(BELOW));
  ahead.multiplyScalar(REACH).add(head.position);
  if (floor) ahead.y = Math.max(LOWEST, ahead.y);
  const scale = ACROSS / Math.max(across, 1e-3);
  world.makeRotationY(yaw);
  world.scale(size.set(scale, scale, scale));
  ahead.sub(offset.copy(middle).multiplyScalar(scale).applyAxisAngle(up, yaw));
  world.setPosition(ahead);
}

/**
 * A contact sheet `width` wide beside the cloud, so that it hides nothing of it, and turned to the eyes. `middle`, `radius`: of the cloud, in metres
 * of the room. `side`: 1 for the right. Where one stands in the cloud, it is beside where one looks.
 */
export function placeSheet(
  sheet: Matrix4,
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
    : Math.asin(radius / away) + Math.atan(width / 2 / SHEET_REACH) + SHEET_APART;
  const turned = yaw - side * MathUtils.clamp(half, SHEET_LEAST, SHEET_MOST);
  offset
    .set(-Math.sin(turned) * SHEET_REACH, -SHEET_BELOW, -Math.cos(turned) * SHEET_REACH)
    .add(head.position);
  sheet.lookAt(head.position, offset, up).setPosition(offset);
}
