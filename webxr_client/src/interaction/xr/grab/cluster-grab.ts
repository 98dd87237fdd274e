/**
 * Motion of a grabbed cluster. The cluster moves with the hand, and returns to its place after the
 * release.
 */
import { Matrix4, Quaternion, Vector3 } from "three";

const SPRING_MS = 320;

/** Matrix that would convert scene metres to room metres if the world moved with the hand. */
const roomFromPlace = new Matrix4();
const one = new Vector3(1, 1, 1);
const position = new Vector3();
const scale = new Vector3();
const turned = new Quaternion();

export class ClusterGrab {
  /** Matrix from the true to the shown position of a point, both in scene metres. */
  readonly shownFromPlace = new Matrix4();
  /**
   * Matrix from scene metres to the space of the hand, at the time when the cluster was grabbed.
   */
  private readonly handFromScene = new Matrix4();
  private readonly fromPosition = new Vector3();
  private readonly fromTurn = new Quaternion();
  private state: "none" | "held" | "springing" = "none";
  private released = 0;

  get held(): boolean {
    return this.state === "held";
  }

  /** Whether the cluster is shown away from its place: in a hand, or moving back afterwards. */
  get active(): boolean {
    return this.state !== "none";
  }

  /** Grab the cluster: from now on the cluster moves with the hand. */
  take(roomFromHand: Matrix4, roomFromScene: Matrix4): void {
    this.state = "held";
    this.handFromScene.copy(roomFromHand).invert().multiply(roomFromScene);
    this.shownFromPlace.identity();
  }

  /** Let the cluster return to its place within SPRING_MS. */
  release(now: number): void {
    if (this.state !== "held") return;
    this.state = "springing";
    this.released = now;
    this.shownFromPlace.decompose(this.fromPosition, this.fromTurn, scale);
  }

  /**
   * Adapt to a new box of the scene, which changes the scale of scene metres, so that a held
   * cluster stays in the hand.
   */
  carry(newFromOld: Matrix4, oldFromNew: Matrix4): void {
    if (this.state !== "held") {
      this.drop();
      return;
    }
    this.handFromScene.multiply(oldFromNew);
    this.shownFromPlace.premultiply(newFromOld).multiply(oldFromNew);
  }

  /** Show the points of the cluster at their own places at once, without a motion. */
  drop(): void {
    this.state = "none";
    this.shownFromPlace.identity();
  }

  /**
   * Move the cluster; called once per frame. `roomFromHand`: pose of the hand that holds the
   * cluster. `roomFromScene`: pose of the scene. Returns whether the released cluster has just
   * arrived at the positions of its items.
   */
  update(now: number, roomFromHand: Matrix4 | null, roomFromScene: Matrix4): boolean {
    const { shownFromPlace } = this;
    if (this.state === "held" && roomFromHand) {
      roomFromPlace.multiplyMatrices(roomFromHand, this.handFromScene);
      shownFromPlace.copy(roomFromScene).invert().multiply(roomFromPlace);
      return false;
    }
    if (this.state !== "springing") return false;
    const t = Math.min(1, (now - this.released) / SPRING_MS);
    const left = (1 - t) ** 3;
    position.copy(this.fromPosition).multiplyScalar(left);
    turned.identity().slerp(this.fromTurn, left);
    shownFromPlace.compose(position, turned, one);
    if (t < 1) return false;
    this.drop();
    return true;
  }
}
