/** One stroke of the brush, which adds the touched items to the selection or removes them. */
import { type Matrix4, Vector3 } from "three";
import { type AppState, NOTHING, type Selection } from "../../../state/app-state.js";
import { ClusterGrowth } from "../../../state/cluster-growth.js";
import { type BrushHit, queryBrush } from "./brush-query.js";

/** Shortest time between two queries of the items in the brush, milliseconds. */
const EVERY_MS = 66;

export class BrushStroke {
  /** Whether a stroke has begun and not ended. */
  active = false;
  private subtract = false;
  private tool: "brush" | "cluster" = "brush";
  private base: Selection = NOTHING;
  private marks = new Uint8Array(0);
  private count = 0;
  private touched = 0;
  private looked = 0;
  private grownAt = "";
  private readonly before = new Vector3();
  /** The items in the brush at the last query. */
  readonly hit: BrushHit = { count: 0, nearest: -1 };
  private readonly growth = new ClusterGrowth();
  private readonly mark = (item: number) => {
    this.touched += 1;
    const value = this.subtract ? 0 : 1;
    if (this.marks[item] === value) return;
    this.marks[item] = value;
    this.count += value ? 1 : -1;
  };

  constructor(private readonly state: AppState) {}

  /** Begin a stroke. `centre`, `radius`: scene metres. */
  begin(centre: Vector3, radius: number, subtract: boolean, now: number): void {
    const { state } = this;
    this.active = true;
    this.subtract = subtract;
    this.tool = state.xr.tool.peek();
    // A stroke does not add to the items of a contact sheet.
    const chosen = state.selection.peek();
    this.base = chosen.tool === "sheet" ? NOTHING : chosen;
    this.touched = 0;
    this.grownAt = "";
    this.before.copy(centre);
    if (this.marks.length !== state.latent.n) this.marks = new Uint8Array(state.latent.n);
    this.reset();
    this.look(centre, radius, now);
  }

  /**
   * Move the brush, once per frame. Returns whether this call has written the items in the brush to
   * `hit`.
   */
  move(centre: Vector3, radius: number, now: number): boolean {
    if (!this.active || now - this.looked < EVERY_MS) return false;
    this.look(centre, radius, now);
    return this.tool === "brush";
  }

  /**
   * Convert the stored place of the brush to new scene metres, because the box of the scene has
   * changed.
   */
  carry(newFromOld: Matrix4): void {
    this.before.applyMatrix4(newFromOld);
  }

  /**
   * End the stroke. A stroke that touched no item clears the selection, as a click beside all
   * points does on the page. The items of a contact sheet stay selected.
   */
  end(centre: Vector3, radius: number, now: number): void {
    if (!this.active) return;
    this.look(centre, radius, now);
    this.active = false;
    const { selection } = this.state;
    if (this.touched === 0 && !this.subtract && selection.peek().tool !== "sheet")
      selection.value = NOTHING;
  }

  /** End the stroke because the hand was lost. Painted items stay selected. */
  cancel(): void {
    this.active = false;
  }

  private look(centre: Vector3, radius: number, now: number): void {
    this.looked = now;
    const count = this.count;
    if (this.tool === "cluster") {
      if (!this.grow(centre, radius)) return;
    } else {
      queryBrush(this.state.latent, this.before, centre, radius, this.hit, this.mark);
      this.before.copy(centre);
      if (this.count === count) return;
    }
    this.publish();
  }

  /**
   * Mark the items of the dense cluster in which the brush is. Returns false if brush and density
   * threshold are the same as at the last call.
   */
  private grow(centre: Vector3, radius: number): boolean {
    const { state } = this;
    const share = state.xr.density.peek();
    const key =
      [centre.x, centre.y, centre.z, radius].map((v) => v.toFixed(3)).join() + share.toFixed(3);
    if (key === this.grownAt) return false;
    this.grownAt = key;
    this.reset();
    this.touched = 0;
    for (const item of this.growth.grow(state.latent, centre, radius, share)) this.mark(item);
    return true;
  }

  private reset(): void {
    this.marks.fill(0);
    this.count = this.base.items.length;
    for (const item of this.base.items) this.marks[item] = 1;
  }

  private publish(): void {
    const items = new Uint32Array(this.count);
    let k = 0;
    for (let i = 0; i < this.marks.length; i++) if (this.marks[i]) items[k++] = i;
    const { state } = this;
    state.selection.value = {
      items,
      regions: [],
      tool: this.tool,
      revision: state.latent.revision,
    };
  }
}
