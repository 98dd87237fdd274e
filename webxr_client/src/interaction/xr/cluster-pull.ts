/** The pull of a cluster in the hand: the model is told where its items are, many times a second, and once more when it is let go. */
import { type Matrix4, Vector3 } from "three";
import { MAX_ANCHORED } from "../../protocol/messages.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands, Point } from "../../state/commands.js";
import { latentMean } from "../drag-tool.js";

const SEND_MS = 40;
/** Scene metres by which a cluster has to be elsewhere to be pinned there: one that was only lifted goes back. */
const LEAST = 0.03;
const NOTHING = new Uint32Array(0);

const point = new Vector3();

export class ClusterPull {
  private items: Uint32Array = NOTHING;
  private start: Point[] = [];
  private sent = 0;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
  ) {}

  take(items: Uint32Array): void {
    const { state } = this;
    this.items = NOTHING;
    if (state.readOnly.peek() || !state.time.live.peek() || items.length > MAX_ANCHORED) return;
    this.items = items.slice();
    this.start = Array.from(items, (item) => latentMean(state, item));
    state.latent.hold(items);
  }

  /** `moved`: from where points were taken to where they are, scene metres. */
  follow(moved: Matrix4, now: number): void {
    if (this.items.length === 0 || now - this.sent < SEND_MS) return;
    this.sent = now;
    this.commands.drag(this.items, this.targets(moved));
  }

  /** Let go in space: they stay there, pinned. Returns whether they do. */
  release(moved: Matrix4): boolean {
    const { items } = this;
    if (items.length === 0) return false;
    const targets = this.targets(moved);
    const size = this.state.latent.box.size;
    const [a, b] = [this.start[0] as Point, targets[0] as Point];
    if (Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < LEAST * size) return false;
    this.end();
    this.commands.anchor(items, targets, true);
    this.commands.drag(NOTHING, []);
    return true;
  }

  /** Nothing has happened. */
  cancel(): void {
    if (this.items.length === 0) return;
    this.end();
    this.commands.drag(NOTHING, []);
  }

  private end(): void {
    this.items = NOTHING;
    this.state.latent.letGo();
  }

  private targets(moved: Matrix4): Point[] {
    const { box, latentDim } = this.state.latent;
    const [x, y, z] = box.origin;
    const { size } = box;
    return this.start.map(([a, b, c]) => {
      point.set((a - x) / size - 0.5, (b - y) / size - 0.5, latentDim === 2 ? 0 : (c - z) / size - 0.5);
      point.applyMatrix4(moved);
      const at = (value: number, origin: number) => Math.round(1e5 * (origin + size * (value + 0.5))) / 1e5;
      return [at(point.x, x), at(point.y, y), latentDim === 2 ? 0 : at(point.z, z)];
    });
  }
}
