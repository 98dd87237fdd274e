/** The view of another person: what the camera of a page, or a head in VR, looks at. */
import { Matrix4, Quaternion, Vector3 } from "three";
import type { PeerMoved } from "../protocol/messages.js";

const turn = new Quaternion();
const basis = new Matrix4();
const [right, up, back, look] = [new Vector3(), new Vector3(), new Vector3(), new Vector3()];

/** Smallest distance at which a person looks at something, scene metres. */
const LEAST_DISTANCE = 0.3;
/** Smallest distance from a head in VR to the middle of the cloud, room metres. A head that is
 * nearer is inside the cloud. */
const LEAST_AWAY = 0.15;
/** Height of the page's view at a distance of 1: twice the tangent of half of the field of view. */
const PAGE_HEIGHT = 0.73;

/** Write the place of a person's head or camera, and the point that they look at, scene metres. */
export function viewOf({ head }: PeerMoved, position: Vector3, target: Vector3): void {
  position.fromArray(head!.position);
  const forward = target.set(0, 0, -1).applyQuaternion(turn.fromArray(head!.orientation));
  // Look at the point of the line of sight that is nearest to the middle of the scene.
  const distance = Math.max(LEAST_DISTANCE, -position.dot(forward));
  target.multiplyScalar(distance).add(position);
}

/** A view that another person can take over in VR. */
export class PeerView {
  /** The point that the person looks at, scene metres. */
  readonly target = new Vector3();
  /** Orientation of eyes that look at the target, from the space of the eyes to the scene. */
  readonly turn = new Quaternion();
  /** Distance from the eyes to the target, room metres. 0: the usual distance of the cloud. */
  distance = 0;
  /** Room metres per scene metre. */
  scale = 1;

  /**
   * Read the view of `peer`, which has a head. Returns this view.
   *
   * A head in VR turns to boards and hands, so that its view is that of the middle of the cloud.
   *
   * @param middle of the cloud, scene metres
   * @param extent of the cloud when it is placed before a person, room metres
   */
  read(peer: PeerMoved, middle: Vector3, extent: number): this {
    const { target } = this;
    viewOf(peer, look, target);
    this.turn.fromArray(peer.head!.orientation);
    const width = peer.scale ?? 1;
    if (!(peer.left || peer.right)) {
      // A thing as high as the page has the extent of a cloud in VR.
      this.scale = extent / (PAGE_HEIGHT * width * look.distanceTo(target));
      this.distance = 0;
      return this;
    }
    this.scale = 1 / width;
    this.distance = look.distanceTo(middle) * this.scale;
    target.copy(middle);
    if (this.distance < LEAST_AWAY) return this;
    back.subVectors(look, middle).normalize();
    right.set(1, 0, 0).applyQuaternion(this.turn);
    right.addScaledVector(back, -right.dot(back)).normalize();
    up.crossVectors(back, right);
    this.turn.setFromRotationMatrix(basis.makeBasis(right, up, back));
    return this;
  }

  copy({ target, turn: turned, distance, scale }: PeerView): void {
    this.target.copy(target);
    this.turn.copy(turned);
    this.distance = distance;
    this.scale = scale;
  }

  /** Whether the view differs from `other` by less than the share `most` of what is visible. */
  isNear(other: PeerView, most: number): boolean {
    return (
      this.target.distanceTo(other.target) * this.scale < most &&
      Math.abs(this.distance - other.distance) < most &&
      Math.abs(Math.log(this.scale / other.scale)) < most &&
      this.turn.angleTo(other.turn) < 2 * most
    );
  }
}
