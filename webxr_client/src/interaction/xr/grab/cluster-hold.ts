/** The selected cluster while a hand holds it: grabbing, dragging, then pinning or releasing. */
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { type BrushHit, queryBrush } from "../brush/brush-query.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { GRASP_RADIUS } from "../placement/dimensions.js";
import { ClusterDrag } from "./cluster-drag.js";
import { ClusterGrab } from "./cluster-grab.js";
import { scaleOf } from "./transform.js";

const NOTHING = new Uint32Array(0);

const sceneFromRoom = new Matrix4();
const middle = new Vector3();

export class ClusterHold {
  /** Motion of the points in the hand. */
  readonly grab = new ClusterGrab();
  /** The hand that holds the cluster, which can be the left or the right hand; null for none. */
  hand: TrackedHand | null = null;
  private readonly drag: ClusterDrag;
  private items: Uint32Array = NOTHING;
  private readonly hit: BrushHit = { count: 0, nearest: -1 };

  /** `showGrabbed` draws the given items in the hand, and all other items at their places. */
  constructor(
    private readonly state: AppState,
    commands: Commands,
    private readonly showGrabbed: (items: Uint32Array) => void,
  ) {
    this.drag = new ClusterDrag(state, commands);
  }

  /** Whether the model follows the drag. Neighbours of the cluster then move with the cluster. */
  get pulls(): boolean {
    return this.drag.active;
  }

  /** Whether a selected item lies within the hand's reach. */
  isWithinReach(hand: TrackedHand, roomFromScene: Matrix4): boolean {
    const { items, tool } = this.state.selection.peek();
    // The items of a contact sheet lie all over the cloud: they are not a cluster.
    if (items.length === 0 || tool === "sheet") return false;
    const radius = Math.max(GRASP_RADIUS, this.state.xr.radius.peek()) / scaleOf(roomFromScene);
    middle.copy(hand.brush).applyMatrix4(sceneFromRoom.copy(roomFromScene).invert());
    queryBrush(this.state.latent, middle, middle, radius, this.hit, null, items);
    return this.hit.count > 0;
  }

  /** Grab the selected items. */
  take(hand: TrackedHand, roomFromScene: Matrix4): void {
    this.hand = hand;
    this.grab.take(hand.roomFromHeld, roomFromScene);
    this.items = this.state.selection.peek().items;
    this.drag.take(this.items);
    this.showGrabbed(this.items);
  }

  /** Move the cluster with the hand that holds the cluster. Called once per frame. */
  update(now: number, roomFromScene: Matrix4): void {
    const { hand, grab } = this;
    if (grab.update(now, hand?.tracked ? hand.roomFromHeld : null, roomFromScene))
      this.showGrabbed(NOTHING);
    if (grab.held) this.drag.follow(grab.shownFromPlace, now);
    this.state.xr.holding.value = grab.held;
  }

  /**
   * Pin the cluster where the hand holds it. Returns false if the cluster was not dragged, or moved
   * less than LEAST_PULL.
   */
  pin(): boolean {
    if (!this.drag.release(this.grab.shownFromPlace)) return false;
    this.hand = null;
    this.grab.drop();
    this.showGrabbed(NOTHING);
    return true;
  }

  /** Let the cluster return to its place. */
  release(now: number): void {
    this.hand = null;
    // A dragged cluster is at the hand in the model too. The model moves the cluster back, so
    // `grab` must not move it as well.
    if (this.drag.cancel(this.grab.shownFromPlace)) {
      this.grab.drop();
      this.showGrabbed(NOTHING);
    } else this.grab.release(now);
  }

  /** Show the items in the hand again, after a new scene has replaced the arrays of the cloud. */
  show(): void {
    this.showGrabbed(this.grab.held ? this.items : NOTHING);
  }
}
