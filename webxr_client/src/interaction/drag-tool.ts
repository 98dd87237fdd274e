/**
 * Dragging of an item or of the selection in the plane of the screen. The model pulls the items to
 * the pointer, and their neighbours follow. An item that is released stays pinned; with Alt, the
 * item returns to its place. An item that is released over a class is labelled.
 */
import { Matrix4, Vector3 } from "three";
import { MAX_ANCHORED } from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import type { Commands, Point } from "../state/commands.js";
import type { PointerSample, PointerTool } from "./pointer.js";

export interface DragView {
  /** Width of the canvas, CSS pixels. */
  width(): number;
  /** Height of the canvas, CSS pixels. */
  height(): number;
  /** Column-major matrix from latent units to clip space. */
  clipFromLatent(): number[];
  /**
   * Show `items` moved by a matrix in scene metres; an empty array shows all items at their places.
   */
  showGrabbed(items: Uint32Array, shownFromPlace: Matrix4): void;
}

const SEND_MS = 33;
const CLICK_DISTANCE = 4;
const NOTHING = new Uint32Array(0);

const clipFromLatent = new Matrix4();
const latentFromClip = new Matrix4();
const sceneFromLatent = new Matrix4();

export class DragTool implements PointerTool {
  private items: Uint32Array = NOTHING;
  private start: Point[] = [];
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
    const whole = chosen.includes(item) && chosen.length <= MAX_ANCHORED;
    this.items = whole ? chosen : Uint32Array.of(item);
    this.start = Array.from(this.items, (one) => latentMean(state, one));
    this.grabbed.set(...latentMean(state, item));
    clipFromLatent.fromArray(this.view.clipFromLatent());
    this.depth = this.by.copy(this.grabbed).applyMatrix4(clipFromLatent).z;
    this.by.set(0, 0, 0);
    this.from = sample;
    this.far = false;
    state.hovered.value = null;
    state.latent.hold(this.items);
    return true;
  }

  move(sample: PointerSample): void {
    if (!this.from) return;
    if (!this.far && Math.hypot(sample.x - this.from.x, sample.y - this.from.y) < CLICK_DISTANCE)
      return;
    this.far = true;
    this.follow(sample);
    const now = performance.now();
    if (now - this.sent < SEND_MS) return;
    this.sent = now;
    this.commands.drag(this.items, this.targets());
  }

  up(sample: PointerSample): void {
    if (!this.from) return;
    const { state, commands, items } = this;
    if (!this.far) {
      this.end();
      state.selection.value = { items, regions: [], tool: "pick", revision: state.latent.revision };
      return;
    }
    this.follow(sample);
    const targets = this.targets();
    const classId = classUnder(sample);
    this.end();
    // The gesture is sent before the end of the drag: an undo restores the moment before the drag.
    if (classId >= 0) commands.label(classId, items);
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
    this.state.latent.releaseFrom(this.targets(), performance.now());
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
    this.view.showGrabbed(this.items, this.shownFromPlace);
  }

  private targets(): Point[] {
    const { x, y, z } = this.by;
    return this.start.map(([a, b, c]) => [rounded(a + x), rounded(b + y), rounded(c + z)]);
  }
}

/** Round a coordinate for a command to 5 decimals. */
export const rounded = (value: number) => Math.round(value * 1e5) / 1e5;

/** Latent mean of an item; in a map of 2 dimensions the third number is 0. */
export function latentMean({ latent }: AppState, item: number): Point {
  const at = (axis: number) => latent.latentMean(item, axis);
  return [at(0), at(1), latent.latentDim === 2 ? 0 : at(2)];
}

/** The class whose row is under the pointer, -1 for none. */
function classUnder(sample: PointerSample): number {
  const { clientX, clientY } = sample;
  if (clientX === undefined || clientY === undefined) return -1;
  const row = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>("[data-class]");
  return row ? Number(row.dataset.class) : -1;
}
