/**
 * Drag of a grabbed cluster: the places of the items are sent to the model while a hand holds the
 * cluster.
 */
import type { Matrix4 } from "three";
import type { AppState } from "../../../state/app-state.js";
import {
  type Commands,
  type Dragged,
  MOST_LISTED,
  type Motion,
  type Point,
} from "../../../state/commands.js";
import { draggedOf, ITEMS_PER_MS, moved, rounded } from "../../drag-tool.js";
import { LEAST_PULL } from "../placement/dimensions.js";

const SEND_MS = 40;
/**
 * Largest number of items per millisecond that are sent while commands list the items (up to
 * MOST_LISTED items). The places of a large cluster are sent less often, to limit the load on
 * frames and network.
 */
const SEND_ITEMS = 50;
const NOTHING = new Uint32Array(0);
const NOT_DRAGGED: Dragged = { items: NOTHING, start: new Float64Array(0) };

export class ClusterDrag {
  /** The items and their places when the cluster was grabbed. */
  private dragged: Dragged = NOT_DRAGGED;
  /**
   * Place to which the hand has moved each item, latent units; empty for more than MOST_LISTED
   * items.
   */
  private targets: Point[] = [];
  private sent = 0;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
  ) {}

  /** Whether places are sent to the model. */
  get active(): boolean {
    return this.dragged.items.length > 0;
  }

  /** Begin to drag `items`, if this client may change the current state. */
  take(items: Uint32Array): void {
    const { state } = this;
    this.dragged = NOT_DRAGGED;
    if (state.readOnly.peek() || !state.time.live.peek()) return;
    this.dragged = draggedOf(state, items.slice());
    this.targets = this.isMany ? [] : Array.from(items, () => [0, 0, 0]);
    state.latent.hold(items);
  }

  /**
   * Send the places to which the hand has moved the items. `shownFromPlace`: matrix of ClusterGrab
   * from an item's own place to the place at which the item is shown.
   */
  follow(shownFromPlace: Matrix4, now: number): void {
    const { items } = this.dragged;
    const pause = items.length / (this.isMany ? ITEMS_PER_MS : SEND_ITEMS);
    if (!this.active || now - this.sent < Math.max(SEND_MS, pause)) return;
    this.sent = now;
    const motion = this.motionOf(shownFromPlace);
    if (this.isMany) this.commands.dragMany(this.dragged, motion);
    else {
      this.aim(motion);
      this.commands.drag(items, this.targets);
    }
  }

  /**
   * Pin the dragged items. Returns false if no items are dragged, or if the items moved less than
   * LEAST_PULL.
   */
  release(shownFromPlace: Matrix4): boolean {
    if (!this.active) return false;
    const motion = this.motionOf(shownFromPlace);
    this.aim(motion);
    const { dragged, targets, isMany } = this;
    const [x, y, z] = dragged.start as unknown as Point;
    const [a, b, c] = moved(dragged.start.slice(0, 3), motion) as unknown as Point;
    if (Math.hypot(a - x, b - y, c - z) < LEAST_PULL * this.state.latent.box.size) return false;
    this.end(motion);
    if (isMany) this.commands.anchorMany(dragged, motion, true);
    else this.commands.anchor(dragged.items, targets, true);
    this.commands.drag(NOTHING, []);
    return true;
  }

  /**
   * End the drag without pinning. The model then moves the items back to where they were grabbed.
   * Returns false if no items are dragged.
   */
  cancel(shownFromPlace: Matrix4): boolean {
    if (!this.active) return false;
    this.end(this.motionOf(shownFromPlace));
    this.commands.drag(NOTHING, []);
    return true;
  }

  /** End the drag. The items move from the hand to the positions that the model has given them. */
  private end(motion: Motion): void {
    this.state.latent.releaseFrom(moved(this.dragged.start, motion), performance.now());
    this.dragged = NOT_DRAGGED;
    this.targets = []; // a new array, because `anchor` keeps the old array until the answer
  }

  private get isMany(): boolean {
    return this.dragged.items.length > MOST_LISTED;
  }

  /** Return `shownFromPlace`, a matrix in scene metres, as a motion in latent units. */
  private motionOf(shownFromPlace: Matrix4): Motion {
    const { box, latentDim } = this.state.latent;
    const flat = latentDim === 2;
    // The middle of the box is the origin of the scene.
    const middle = box.origin.map((at, axis) => (flat && axis === 2 ? 0 : at + box.size / 2));
    const at = (row: number, column: number) => shownFromPlace.elements[row + 4 * column]!;
    return [0, 1, 2].flatMap((row) => {
      if (flat && row === 2) return [0, 0, 0, 0];
      const turn = [at(row, 0), at(row, 1), at(row, 2)];
      const shift = turn.reduce((sum, value, axis) => sum - value * middle[axis]!, middle[row]!);
      return [...turn, shift + box.size * at(row, 3)];
    });
  }

  /**
   * Set `targets`. The arrays in `targets` are reused, because a new array per item and frame costs
   * time.
   */
  private aim(motion: Motion): void {
    const { start } = this.dragged;
    for (let k = 0; k < this.targets.length; k++)
      for (let row = 0; row < 3; row++)
        this.targets[k]![row] = rounded(
          motion[4 * row]! * start[3 * k]! +
            motion[4 * row + 1]! * start[3 * k + 1]! +
            motion[4 * row + 2]! * start[3 * k + 2]! +
            motion[4 * row + 3]!,
        );
  }
}
