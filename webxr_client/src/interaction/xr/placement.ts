/** Where the cloud stands when VR begins: before the person, at arm's reach, below the eyes; so it is right standing and seated. */
import { Euler, type Matrix4, type Quaternion, Vector3 } from "three";

/** Metres from the eyes to the cloud's middle. */
export const REACH = 0.72;
/** Metres across. */
export const ACROSS = 0.66;
const BELOW = (15 * Math.PI) / 180;
const LOWEST = 0.45;

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
