/** Sends the poses of head and hands in scene metres to the other clients, a few times a second. */
import { Matrix4, Quaternion, Vector3 } from "three";
import type { Pose, Presence } from "../../protocol/messages.js";
import type { Commands } from "../../state/commands.js";
import { scaleOf } from "./grab/transform.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import type { HeadPose } from "./placement/head-pose.js";

const EVERY_MS = 100;

export class PresenceSender {
  private sent = 0;
  private readonly sceneFromRoom = new Matrix4();
  private readonly sceneTurn = new Quaternion();
  private readonly position = new Vector3();
  private readonly turn = new Quaternion();
  private readonly scale = new Vector3();

  constructor(private readonly commands: Commands) {}

  /**
   * Send the poses if it is time. `roomFromScene`, `head` and `hands` are poses in the room.
   * `call`: request of this person to the others.
   */
  send(
    now: number,
    roomFromScene: Matrix4,
    head: HeadPose,
    hands: { left: TrackedHand; right: TrackedHand },
    call: Presence["call"],
  ): void {
    if (now - this.sent < EVERY_MS) return;
    this.sent = now;
    this.sceneFromRoom.copy(roomFromScene).invert();
    this.sceneFromRoom.decompose(this.position, this.sceneTurn, this.scale);
    this.commands.present({
      head: this.pose(head.position, head.orientation),
      left: hands.left.tracked ? this.pose(hands.left.position, hands.left.orientation) : null,
      right: hands.right.tracked ? this.pose(hands.right.position, hands.right.orientation) : null,
      scale: 1 / scaleOf(roomFromScene),
      call,
    });
  }

  private pose(position: Vector3, orientation: Quaternion): Pose {
    this.position.copy(position).applyMatrix4(this.sceneFromRoom);
    this.turn.multiplyQuaternions(this.sceneTurn, orientation);
    return {
      position: rounded(this.position.toArray()) as Pose["position"],
      orientation: rounded(this.turn.toArray()) as Pose["orientation"],
    };
  }
}

const rounded = (values: number[]) => values.map((value) => Math.round(value * 1e4) / 1e4);
