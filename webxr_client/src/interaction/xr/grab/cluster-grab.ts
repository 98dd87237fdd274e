/** A cluster in the hand: how its points are moved while it is held, and how it springs back when it is let go. */
import { Matrix4, Quaternion, Vector3 } from "three";

const SPRING_MS = 320;

const inverse = new Matrix4();
const one = new Vector3(1, 1, 1);
const position = new Vector3();
const scale = new Vector3();
const turned = new Quaternion();

export class ClusterGrab {
  /** From where a point is to where it is shown, both in scene metres. */
  readonly moved = new Matrix4();
  private readonly pointsInHand = new Matrix4();
  private readonly fromPosition = new Vector3();
  private readonly fromTurn = new Quaternion();
  private state: "none" | "held" | "springing" = "none";
  private released = 0;

  get held(): boolean {
    return this.state === "held";
  }

  /** Whether points are elsewhere than where they are. */
  get active(): boolean {
    return this.state !== "none";
  }

  take(hand: Matrix4, world: Matrix4): void {
    this.state = "held";
    this.pointsInHand.copy(hand).invert().multiply(world);
    this.moved.identity();
  }

  release(now: number): void {
    if (this.state !== "held") return;
    this.state = "springing";
    this.released = now;
    this.moved.decompose(this.fromPosition, this.fromTurn, scale);
  }

  /** Scene metres are other ones now: it stays in the hand, and what springs back is there. */
  carry(newFromOld: Matrix4, oldFromNew: Matrix4): void {
    if (this.state !== "held") {
      this.drop();
      return;
    }
    this.pointsInHand.multiply(oldFromNew);
    this.moved.premultiply(newFromOld).multiply(oldFromNew);
  }

  /** It stays where it was let go. */
  drop(): void {
    this.state = "none";
    this.moved.identity();
  }

  /** `hand`: where the hand that holds it is. Returns whether it has just come to rest where it was. */
  update(now: number, hand: Matrix4 | null, world: Matrix4): boolean {
    if (this.state === "held" && hand) {
      this.moved.copy(world).invert().multiply(inverse.multiplyMatrices(hand, this.pointsInHand));
      return false;
    }
    if (this.state !== "springing") return false;
    const t = Math.min(1, (now - this.released) / SPRING_MS);
    const left = (1 - t) ** 3;
    position.copy(this.fromPosition).multiplyScalar(left);
    turned.identity().slerp(this.fromTurn, left);
    this.moved.compose(position, turned, one);
    if (t < 1) return false;
    this.state = "none";
    this.moved.identity();
    return true;
  }
}
