/** Mesh or point cloud of the item at the brush, over the card. It turns with the hand. */
import { Group, type Quaternion, type Vector3 } from "three";
import { DrawnShape } from "../shape-geometry.js";

/** Radius of the shape in the room, metres. */
export const SHAPE_RADIUS = 0.06;
/** Time for which the brush has to stay at an item before its shape is fetched, ms. */
const PATIENCE_MS = 120;

export class HeldShape {
  readonly group = new Group();
  private readonly drawn = new DrawnShape();
  private item = -1;
  private since = 0;
  private asked = true;

  constructor() {
    this.group.add(this.drawn.mesh, this.drawn.points);
    this.group.visible = false;
  }

  /** Whether the shape of the item is fetched and drawn. */
  get shown(): boolean {
    return this.group.visible && (this.drawn.mesh.visible || this.drawn.points.visible);
  }

  /**
   * Show the shape of an item; -1 for none. Called once per frame, at time `now` in ms.
   *
   * @param at Middle of the shape in the room.
   * @param orientation Orientation of the hand.
   * @param scale Scale of the card.
   */
  show(item: number, now: number, at: Vector3, orientation: Quaternion, scale: number): void {
    this.group.visible = item >= 0;
    this.group.position.copy(at);
    this.group.quaternion.copy(orientation);
    this.group.scale.setScalar(SHAPE_RADIUS * scale);
    this.drawn.radius = SHAPE_RADIUS * scale;
    if (item !== this.item) {
      this.item = item;
      this.since = now;
      this.asked = false;
    }
    if (this.asked || now - this.since < PATIENCE_MS) return;
    this.asked = true;
    // If a shape cannot be read, the card still shows its picture.
    this.drawn.show(item).catch(() => {});
  }

  dispose(): void {
    this.drawn.dispose();
  }
}
