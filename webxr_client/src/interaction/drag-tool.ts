/**
 * Dragging of an item or of the selection in the plane of the screen. The model pulls the items to
 * the pointer, and their neighbours follow. An item that is released stays pinned; with Alt, the
 * item returns to its place. An item that is released over a class is labelled.
 */
import { Matrix4, Vector3 } from "three";
import { classAt } from "../scene/class-at.js";
import type { AppState } from "../state/app-state.js";
import {
  type Commands,
  type Dragged,
  MOST_LISTED,
  type Motion,
  type Point,
} from "../state/commands.js";
import type { PointerSample, PointerTool } from "./pointer.js";

export interface DragView {
  /** Width of the canvas, CSS pixels. */
  width(): number;
  /** Height of the canvas, CSS pixels. */
  height(): number;
  /** Column-major matrix from latent units to clip space. */
  clipFromLatent(): number[];
  /**
   * Show `items` moved by the matrix `shownFromPlace`, in scene metres. An empty array shows all
   * items at their places.
   */
  showGrabbed(items: Uint32Array, shownFromPlace: Matrix4): void;
}

const SEND_MS = 33;
/**
 * Largest number of items per millisecond that a drag moves on the server. A drag of a large
 * selection is sent less often, to limit the work of server and trainer.
 */
export const ITEMS_PER_MS = 500;
const CLICK_DISTANCE = 4;
const NOTHING = new Uint32Array(0);
const NOT_DRAGGED: Dragged = { items: NOTHING, start: new Float64Array(0) };

const clipFromLatent = new Matrix4();
const latentFromClip = new Matrix4();
const sceneFromLatent = new Matrix4();

export class DragTool implements PointerTool {
  private dragged: Dragged = NOT_DRAGGED;
  private readonly grabbed = new Vector3();
  private readonly shownFromPlace = new Matrix4();
  private readonly by = new Vector3();
  private depth = 0;
  private far = false;
  private sent = 0;
  private from: PointerSample | null = null;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly view: DragView,
    private readonly itemAt: (x: number, y: number) => number,
  ) {}

  down(sample: PointerSample): boolean {
    const { state } = this;
    if (state.tool.value !== "drag" || state.readOnly.value || !state.time.live.value) return false;
    const item = this.itemAt(sample.x, sample.y);
    if (item < 0) return false;
    const chosen = state.selection.value.items;
    this.dragged = draggedOf(state, chosen.includes(item) ? chosen : Uint32Array.of(item));
    this.grabbed.set(...latentMean(state, item));
    clipFromLatent.fromArray(this.view.clipFromLatent());
    this.depth = this.by.copy(this.grabbed).applyMatrix4(clipFromLatent).z;
    this.by.set(0, 0, 0);
    this.from = sample;
    this.far = false;
    state.hovered.value = null;
    state.latent.hold(this.dragged.items);
    return true;
  }

  move(sample: PointerSample): void {
    if (!this.from) return;
    if (!this.far && Math.hypot(sample.x - this.from.x, sample.y - this.from.y) < CLICK_DISTANCE)
      return;
    this.far = true;
    this.follow(sample);
    const now = performance.now();
    const { items } = this.dragged;
    if (now - this.sent < Math.max(SEND_MS, items.length / ITEMS_PER_MS)) return;
    this.sent = now;
    if (items.length > MOST_LISTED) this.commands.dragMany(this.dragged, this.motion());
    else this.commands.drag(items, this.targets());
  }

  up(sample: PointerSample): void {
    if (!this.from) return;
    const { state, commands, dragged } = this;
    const { items } = dragged;
    if (!this.far) {
      this.end();
      state.selection.value = { items, regions: [], tool: "pick", revision: state.latent.revision };
      return;
    }
    this.follow(sample);
    const many = items.length > MOST_LISTED;
    const [targets, motion] = [many ? [] : this.targets(), this.motion()];
    const classId = classAt(sample.clientX, sample.clientY);
    this.end();
    // Send the label or the pin before the end of the drag, so that an undo restores the state
    // before the drag.
    if (classId >= 0) commands.label(classId, items);
    else if (many) commands.anchorMany(dragged, motion, !sample.subtract);
    else commands.anchor(items, targets, !sample.subtract);
    commands.drag(NOTHING, []);
  }

  cancel(): void {
    if (!this.from) return;
    if (this.far) this.commands.drag(NOTHING, []);
    this.end();
  }

  private end(): void {
    this.from = null;
    this.shownFromPlace.identity();
    this.view.showGrabbed(NOTHING, this.shownFromPlace);
    this.state.latent.releaseFrom(moved(this.dragged.start, this.motion()), performance.now());
  }

  /** Move the items in the plane of the screen, at the depth of the grabbed item. */
  private follow(sample: PointerSample): void {
    clipFromLatent.fromArray(this.view.clipFromLatent());
    latentFromClip.copy(clipFromLatent).invert();
    this.by
      .set(
        (sample.x / this.view.width()) * 2 - 1,
        1 - (sample.y / this.view.height()) * 2,
        this.depth,
      )
      .applyMatrix4(latentFromClip)
      .sub(this.grabbed);
    if (this.state.latent.latentDim === 2) this.by.z = 0;
    const s = sceneFromLatent.fromArray(this.state.latent.sceneFromLatent()).elements[0]!;
    this.shownFromPlace.makeTranslation(this.by.x * s, this.by.y * s, this.by.z * s);
    this.view.showGrabbed(this.dragged.items, this.shownFromPlace);
  }

  private motion(): Motion {
    const { x, y, z } = this.by;
    return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z];
  }

  private targets(): Point[] {
    const { start } = this.dragged;
    const { x, y, z } = this.by;
    return Array.from(this.dragged.items, (_, k) => [
      rounded(start[3 * k]! + x),
      rounded(start[3 * k + 1]! + y),
      rounded(start[3 * k + 2]! + z),
    ]);
  }
}

/** Round a coordinate for a command to 5 decimals. */
export const rounded = (value: number) => Math.round(value * 1e5) / 1e5;

/** Latent mean of an item; in a map of 2 dimensions the third number is 0. */
export function latentMean({ latent }: AppState, item: number): Point {
  const at = (axis: number) => latent.latentMean(item, axis);
  return [at(0), at(1), latent.latentDim === 2 ? 0 : at(2)];
}

/** Items to drag, and their current places. */
export function draggedOf(state: AppState, items: Uint32Array): Dragged {
  const { latent } = state;
  const start = new Float64Array(3 * items.length);
  items.forEach((item, k) => {
    for (let axis = 0; axis < latent.latentDim; axis++)
      start[3 * k + axis] = latent.latentMean(item, axis);
  });
  return { items, start };
}

/** Points after a motion, three numbers per point. */
export function moved(points: Float64Array, motion: Motion): Float64Array {
  const out = new Float64Array(points.length);
  for (let k = 0; k < points.length; k += 3)
    for (let row = 0; row < 3; row++)
      out[k + row] =
        motion[4 * row]! * points[k]! +
        motion[4 * row + 1]! * points[k + 1]! +
        motion[4 * row + 2]! * points[k + 2]! +
        motion[4 * row + 3]!;
  return out;
}
