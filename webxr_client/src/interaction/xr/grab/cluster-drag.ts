/**
 * Drag of a grabbed cluster: the places of the items are sent to the model while a hand holds the
 * cluster.
 */
import { type Matrix4, Vector3 } from "three";
import { MAX_ANCHORED } from "../../../protocol/messages.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands, Point } from "../../../state/commands.js";
import { latentMean, rounded } from "../../drag-tool.js";
import { LEAST_PULL } from "../placement/dimensions.js";

const SEND_MS = 40;
/**
 * Largest number of items that are sent per millisecond. A large cluster is sent less often, to
 * limit the load on frames and network.
 */
const SEND_ITEMS = 50;
const NOTHING = new Uint32Array(0);

const point = new Vector3();

export class ClusterDrag {
  private items: Uint32Array = NOTHING;
  /** Place of each item when the cluster was grabbed, latent units. */
  private start: Point[] = [];
  /** Place of each item in the hand, latent units. */
  private targets: Point[] = [];
  private sent = 0;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
  ) {}

  /** Whether places are sent to the model. */
  get active(): boolean {
    return this.items.length > 0;
  }

  /** Begin to drag `items`, if this client may change the current state. */
  take(items: Uint32Array): void {
    const { state } = this;
    this.items = NOTHING;
    if (state.readOnly.peek() || !state.time.live.peek()) return;
    if (items.length > MAX_ANCHORED) {
      state.xr.message.value = TOO_MANY;
      return;
    }
    this.items = items.slice();
    this.start = Array.from(items, (item) => latentMean(state, item));
    this.targets = this.start.map((at) => [...at]);
    state.latent.hold(items);
  }

  /**
   * Send the places to which the hand has moved the items. `shownFromPlace`: matrix of ClusterGrab
   * from an item's own place to the place at which the item is shown.
   */
  follow(shownFromPlace: Matrix4, now: number): void {
    if (!this.active || now - this.sent < Math.max(SEND_MS, this.items.length / SEND_ITEMS)) return;
    this.sent = now;
    this.aim(shownFromPlace);
    this.commands.drag(this.items, this.targets);
  }

  /**
   * Pin the dragged items. Returns false if no items are dragged, or if the items moved less than
   * LEAST_PULL.
   */
  release(shownFromPlace: Matrix4): boolean {
    if (!this.active) return false;
    this.aim(shownFromPlace);
    const { items, targets } = this;
    const size = this.state.latent.box.size;
    const [a, b] = [this.start[0]!, targets[0]!];
    if (Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < LEAST_PULL * size) return false;
    this.end();
    this.commands.anchor(items, targets, true);
    this.commands.drag(NOTHING, []);
    return true;
  }

  /**
   * End the drag without pinning. The model then moves the items back to where they were grabbed.
   * Returns false if no items are dragged.
   */
  cancel(shownFromPlace: Matrix4): boolean {
    if (!this.active) return false;
    this.aim(shownFromPlace);
    this.end();
    this.commands.drag(NOTHING, []);
    return true;
  }

  /** End the drag. The items move from the hand to the positions that the model has given them. */
  private end(): void {
    this.state.latent.releaseFrom(this.targets, performance.now());
    this.items = NOTHING;
    this.start = [];
    this.targets = []; // a new array, because `anchor` keeps the old array until the answer
  }

  private aim(shownFromPlace: Matrix4): void {
    const { box, latentDim } = this.state.latent;
    const [x, y, z] = box.origin;
    const { size } = box;
    const flat = latentDim === 2;
    for (let k = 0; k < this.start.length; k++) {
      const from = this.start[k]!;
      const to = this.targets[k]!;
      point.set(
        (from[0] - x) / size - 0.5,
        (from[1] - y) / size - 0.5,
        flat ? 0 : (from[2] - z) / size - 0.5,
      );
      point.applyMatrix4(shownFromPlace);
      to[0] = rounded(x + size * (point.x + 0.5));
      to[1] = rounded(y + size * (point.y + 0.5));
      to[2] = flat ? 0 : rounded(z + size * (point.z + 0.5));
    }
  }
}

const TOO_MANY =
  `More than ${MAX_ANCHORED.toLocaleString("en")} items cannot be pinned. ` +
  "Drop them on a class, or they return to their places.";
