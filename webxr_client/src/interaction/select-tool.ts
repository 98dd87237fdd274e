/** Tools that turn pointer movements into a selection: lasso, rectangle and pick. */
import type { Region } from "../protocol/messages.js";
import {
  type AppState,
  type Drawing,
  NOTHING,
  type RegionUse,
  type Selection,
} from "../state/app-state.js";
import { combine } from "../state/item-lists.js";
import type { PointerSample, PointerTool } from "./pointer.js";
import { cloudOf, itemsInRegion, nearestItem } from "./region-query.js";

/** Properties of the view that tools use. */
export interface View {
  /** Width of the canvas, CSS pixels. */
  width(): number;
  /** Height of the canvas, CSS pixels. */
  height(): number;
  /** Column-major matrix from latent units to clip space. */
  clipFromLatent(): number[];
  /** Diameter of a point on screen, CSS pixels. */
  pointPixels(): number;
}

const LEAST_STEP = 4;
const CLICK_DISTANCE = 5;
const PICK_RADIUS = 14;
const COUNT_INTERVAL = 80;

export class SelectTool implements PointerTool {
  private path: number[] = [];
  private matrix: number[] = [];
  private base: Selection = NOTHING;
  private counted = 0;
  private mode: RegionUse = "replace";

  constructor(
    private readonly state: AppState,
    private readonly view: View,
    /** The rule whose hull is at a place of the canvas; 0 for none. */
    private readonly ruleAt: (x: number, y: number) => number = () => 0,
  ) {}

  down(sample: PointerSample): boolean {
    const { state } = this;
    if (state.tool.value === "orbit" || state.tool.value === "drag" || state.latent.n === 0)
      return false;
    // Keep the points still while the user draws a region, so that the region selects the points
    // that the user sees inside.
    state.latent.freezing.add("gesture");
    state.hovered.value = null;
    this.mode = sample.subtract ? "subtract" : sample.add ? "add" : state.regionUse.peek();
    this.base = this.mode === "replace" ? NOTHING : state.selection.value;
    this.matrix = this.view.clipFromLatent();
    this.path = [sample.x, sample.y];
    return true;
  }

  move(sample: PointerSample): void {
    const { path } = this;
    if (path.length === 0) return;
    if (this.state.tool.value === "rectangle") {
      const [x0, y0] = path as [number, number];
      this.path = [x0, y0, sample.x, y0, sample.x, sample.y, x0, sample.y];
    } else {
      const x = path[path.length - 2]!;
      const y = path[path.length - 1]!;
      if (Math.hypot(sample.x - x, sample.y - y) < LEAST_STEP) return;
      path.push(sample.x, sample.y);
    }
    this.show(sample);
  }

  up(sample: PointerSample): void {
    const { state, path } = this;
    if (path.length === 0) return;
    const [x0, y0] = path as [number, number];
    const click = path.length < 6 || Math.max(...distances(path, x0, y0)) < CLICK_DISTANCE;
    if (click || state.tool.value === "pick") this.pick(sample);
    else this.take();
    this.finish();
  }

  cancel(): void {
    this.finish();
  }

  private finish(): void {
    this.path = [];
    this.state.drawing.value = null;
    this.state.latent.freezing.delete("gesture");
  }

  /** Draw the region so far. Count the items inside, at most once per COUNT_INTERVAL. */
  private show(sample: PointerSample): void {
    const now = performance.now();
    const last = this.state.drawing.value;
    let count = last?.count ?? 0;
    if (now - this.counted > COUNT_INTERVAL) {
      this.counted = now;
      count = this.path.length >= 6 ? this.result(this.region()).length : 0;
    }
    const drawing: Drawing = { points: this.path.slice(), count, x: sample.x, y: sample.y };
    this.state.drawing.value = drawing;
  }

  private region(): Region {
    const width = this.view.width();
    const height = this.view.height();
    const polygon: number[] = [];
    for (let k = 0; k < this.path.length; k += 2) {
      polygon.push((this.path[k]! / width) * 2 - 1, 1 - (this.path[k + 1]! / height) * 2);
    }
    const pixels = this.view.pointPixels();
    return {
      polygon,
      clip_from_latent: this.matrix,
      mode: this.state.selectionMode.value,
      cell: [(2 * pixels) / width, (2 * pixels) / height],
    };
  }

  private result(region: Region): Uint32Array {
    const inside = itemsInRegion(cloudOf(this.state.latent), region);
    return this.mode === "replace"
      ? inside
      : combine(this.base.items, inside, this.mode === "subtract");
  }

  private take(): void {
    const { state } = this;
    if (this.path.length < 6) return;
    const region = this.region();
    const items = this.result(region);
    const tool = state.tool.value === "rectangle" ? "rectangle" : "lasso";
    const regions = this.mode === "subtract" ? this.base.regions : [...this.base.regions, region];
    state.selection.value = { items, regions, tool, revision: state.latent.revision };
  }

  private pick(sample: PointerSample): void {
    const { state } = this;
    const item = this.itemAt(sample.x, sample.y);
    if (item < 0) {
      if (this.mode === "replace") this.clear(sample);
      return;
    }
    const one = Uint32Array.of(item);
    const items =
      this.mode === "replace" ? one : combine(this.base.items, one, this.mode === "subtract");
    state.selection.value = {
      items,
      regions: this.base.regions,
      tool: "pick",
      revision: state.latent.revision,
    };
  }

  /** End the selection. If there is none, choose the rule whose hull was clicked. */
  private clear({ x, y }: PointerSample): void {
    const { selection, rules } = this.state;
    const rule = selection.value.items.length > 0 ? 0 : this.ruleAt(x, y);
    selection.value = NOTHING;
    if (rule === 0) return;
    rules.chosen.value = rule;
    rules.open.value = true;
  }

  /** The item under a position of the canvas, -1 for none. */
  itemAt(x: number, y: number): number {
    const width = this.view.width();
    const height = this.view.height();
    if (this.path.length === 0) this.matrix = this.view.clipFromLatent();
    const radius = Math.max(PICK_RADIUS, this.view.pointPixels() * 0.6);
    const at = [(x / width) * 2 - 1, 1 - (y / height) * 2] as const;
    return nearestItem(cloudOf(this.state.latent), this.matrix, ...at, [
      (2 * radius) / width,
      (2 * radius) / height,
    ]);
  }
}

function distances(path: readonly number[], x: number, y: number): number[] {
  const out: number[] = [];
  for (let k = 0; k < path.length; k += 2) {
    out.push(Math.hypot(path[k]! - x, path[k + 1]! - y));
  }
  return out;
}
