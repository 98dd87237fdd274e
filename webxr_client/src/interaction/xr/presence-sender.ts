/** Tells the others a few times a second where head and hands are, in the scene they all see. */
import { Matrix4, Quaternion, Vector3 } from "three";
import type { Pose } from "../../protocol/messages.js";
import type { Commands } from "../../state/commands.js";
import { scaleOf } from "./grab/transform.js";
import type { TrackedHand } from "./input/tracked-hand.js";

const EVERY = 80;

export class PresenceSender {
  private sent = 0;
  private readonly inverse = new Matrix4();
  private readonly worldTurn = new Quaternion();
  private readonly position = new Vector3();
  private readonly turn = new Quaternion();
  private readonly scale = new Vector3();

  constructor(private readonly commands: Commands) {}

  send(
    now: number,
    world: Matrix4,
    head: Vector3,
    orientation: Quaternion,
    hands: { left: TrackedHand; right: TrackedHand },
  ): void {
    if (now - this.sent < EVERY) return;
    this.sent = now;
    this.inverse.copy(world).invert();
    this.inverse.decompose(this.position, this.worldTurn, this.scale);
    this.commands.present({
      head: this.pose(head, orientation),
      left: hands.left.tracked ? this.pose(hands.left.position, hands.left.orientation) : null,
      right: hands.right.tracked ? this.pose(hands.right.position, hands.right.orientation) : null,
      scale: 1 / scaleOf(world),
    });
  }

  leave(): void {
    this.commands.present({ head: null });
  }

  private pose(position: Vector3, orientation: Quaternion): Pose {
    this.position.copy(position).applyMatrix4(this.inverse);
    this.turn.multiplyQuaternions(this.worldTurn, orientation);
    return {
      position: rounded(this.position.toArray()) as Pose["position"],
      orientation: rounded(this.turn.toArray()) as Pose["orientation"],
    };
  }
}

const rounded = (values: number[]) => values.map((value) => Math.round(value * 1e4) / 1e4);
