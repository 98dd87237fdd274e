/**
 * Placement of the cloud in the room: at the start, after recentring, and after a change of scene.
 */
import { type Object3D, Vector3 } from "three";
import type { Stage } from "../../scene/stage.js";
import { fitBox } from "../../scene/xr/room.js";
import type { HeadPose } from "./placement/head-pose.js";
import { placeWorld } from "./placement/placement.js";

/**
 * Time that a session has to be visible before the cloud is placed, milliseconds. At first, the
 * person may still be looking at the button Enter VR, or the reported pose of the head may still be
 * on the floor.
 */
const SETTLE_MS = 300;
/**
 * Height of the eyes above the floor, metres. Below this height, nobody wears the headset yet: the
 * eyes of a seated child are higher, and a headset on a low table is lower.
 */
const WORN_HEIGHT = 0.5;

export class CloudPlacement {
  /** Whether the cloud has its place. Until then, the cloud is not drawn. */
  placed = false;
  private visibleSince: number | null = null;
  private settled = false;
  /** Whether the cloud was placed for a headset that nobody wore. */
  private low = false;

  constructor(
    private readonly stage: Stage,
    private readonly head: HeadPose,
    private readonly box: Object3D,
    private readonly onFloor: boolean,
  ) {
    stage.world.visible = false;
  }

  /** Place the cloud in front of the person in the next frame. */
  ask(): void {
    this.placed = false;
  }

  /**
   * Place the cloud if it has no place and the pose of the head is reliable. Called once per frame.
   *
   * @param now milliseconds
   * @param frame the current frame
   * @param space reference space of the room
   * @returns whether the cloud was placed
   */
  frame(now: number, frame: XRFrame, space: XRReferenceSpace | null): boolean {
    this.settle(now, frame.session);
    if (this.low && this.head.position.y >= WORN_HEIGHT) this.wait();
    if (this.placed || !this.settled || !space || !frame.getViewerPose(space)) return false;
    this.place();
    return true;
  }

  dispose(): void {
    this.stage.world.visible = true;
  }

  private settle(now: number, session: XRSession): void {
    if (this.settled) return;
    // Old browsers have no `visibilityState`.
    if ((session.visibilityState ?? "visible") !== "visible") this.visibleSince = null;
    else this.visibleSince ??= now;
    this.settled = this.visibleSince !== null && now - this.visibleSince >= SETTLE_MS;
  }

  /** Place the cloud once more, after the headset has been on the head for a moment. */
  private wait(): void {
    this.low = this.placed = this.settled = false;
    this.visibleSince = null;
  }

  private place(): void {
    const { world } = this.stage;
    const bounds = this.stage.bounds();
    const middle = bounds.getCenter(new Vector3());
    const size = bounds.getSize(new Vector3());
    placeWorld(world.matrix, this.head, middle, Math.max(size.x, size.y, size.z), this.onFloor);
    fitBox(this.box, bounds);
    world.visible = true;
    this.placed = true;
    this.low = this.onFloor && this.head.position.y < WORN_HEIGHT;
  }
}
