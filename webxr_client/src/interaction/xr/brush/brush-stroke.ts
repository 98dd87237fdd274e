/** One stroke of the brush: items it touches are added to the selection, or taken from it. */
import { type Matrix4, Vector3 } from "three";
import { type AppState, NOTHING, type Selection } from "../../../state/app-state.js";
import { ClusterGrowth } from "../../../state/cluster-growth.js";
import { type BrushHit, queryBrush } from "./brush-query.js";

/** Milliseconds between two looks at what the brush holds. */
const EVERY = 66;

export class BrushStroke {
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

  /** `centre`, `radius` in scene metres. */
  begin(centre: Vector3, radius: number, subtract: boolean, now: number): void {
    const { state } = this;
    this.active = true;
    this.subtract = subtract;
    this.tool = state.xr.tool.peek();
    // The items of a contact sheet are no selection to be added to.
    const chosen = state.selection.peek();
    this.base = chosen.tool === "sheet" ? NOTHING : chosen;
    this.touched = 0;
    this.grownAt = "";
    this.before.copy(centre);
    if (this.marks.length !== state.latent.n) this.marks = new Uint8Array(state.latent.n);
    this.reset();
    this.look(centre, radius, now);
  }

  /** Once a frame while the trigger is held. Returns whether it has looked what the brush holds: then `hit` tells. */
  move(centre: Vector3, radius: number, now: number): boolean {
    if (!this.active || now - this.looked < EVERY) return false;
    this.look(centre, radius, now);
    return this.tool === "brush";
  }

  /** Scene metres are other ones now: it goes on from where it is in the room. */
  carry(newFromOld: Matrix4): void {
    this.before.applyMatrix4(newFromOld);
  }

  /** The stroke ends. In empty space, without having touched anything, it clears the selection, as a click beside everything does; a sheet stays. */
  end(centre: Vector3, radius: number, now: number): void {
    if (!this.active) return;
    this.look(centre, radius, now);
    this.active = false;
    const { selection } = this.state;
    if (this.touched === 0 && !this.subtract && selection.peek().tool !== "sheet")
      selection.value = NOTHING;
  }

  /** The hand was lost: what has been painted stays selected. */
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

  /** Returns whether there was anything new to grow from. */
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
