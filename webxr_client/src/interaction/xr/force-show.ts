/**
 * Display of the forces that move the map after a label. For some seconds, arrows appear at the
 * islands (groups of items that lie together), the palette names the leading loss term, and each
 * island with a strong force plays a tone. All this is computed from the trainer's forces. While
 * training does not run, nothing is shown.
 */
import { Vector3 } from "three";
import { FORCE_TERMS } from "../../protocol/messages.js";
import { ForceStreaks } from "../../scene/cloud/force-streaks.js";
import type { Tones } from "../../scene/tones.js";
import type { AppState } from "../../state/app-state.js";
import { IslandForces } from "../../state/island-forces.js";

/**
 * Time for which the forces are shown after a label, ms. On the bundled digits, points cover most
 * of their way in this time.
 */
export const SHOWN_MS = 8000;
const FADE_MS = 1000;
/** Seconds in which the light moves once along an arrow. */
const PERIOD = 1.2;
/** Number of islands that play a tone. */
const SOUNDING = 3;

export class ForceShow {
  readonly streaks = new ForceStreaks();
  readonly islands = new IslandForces();
  private began = Number.NEGATIVE_INFINITY;
  /** Version of the forces that are drawn. */
  private drawn = -1;
  /**
   * Largest strength of a force since the label. The lengths of arrows are relative to this
   * strength, so that arrows become shorter while forces decrease.
   */
  private strong = 0;
  private sounded = false;
  private history: unknown = null;
  /** Number of the newest label gesture. */
  private newest: number;
  private readonly order = new Uint16Array(SOUNDING);
  private readonly place = new Vector3();

  constructor(
    private readonly state: AppState,
    private readonly tones: Tones,
    private readonly toRoom: (place: Vector3) => Vector3,
  ) {
    this.newest = this.newestLabel();
  }

  /** Update the arrows. Called once per frame. */
  update(now: number): void {
    const { forces, history } = this.state;
    if (history.value !== this.history) {
      this.history = history.value;
      const newest = this.newestLabel();
      if (newest > this.newest) this.begin(now);
      this.newest = newest;
    }
    if (!forces.afterLabel.value) return;
    const left = this.began + SHOWN_MS - now;
    if (left <= 0) {
      this.end();
      return;
    }
    const moving = this.isMoving();
    if (moving && forces.frame && forces.version.value !== this.drawn) this.read(now);
    this.streaks.show(now / 1000 / PERIOD, moving ? Math.min(1, left / FADE_MS) : 0);
    const leader = this.streaks.mesh.visible ? this.islands.leader() : -1;
    forces.leading.value = leader < 0 ? null : FORCE_TERMS[leader]!;
    if (leader >= 0 && !this.sounded) this.sound();
  }

  dispose(): void {
    this.end();
    this.streaks.dispose();
  }

  private begin(now: number): void {
    this.began = now;
    this.strong = 0;
    this.sounded = false;
    this.islands.clear();
    // Ignore forces that were computed before the label.
    this.drawn = this.state.forces.version.value;
    this.state.forces.afterLabel.value = true;
  }

  private end(): void {
    this.islands.clear();
    this.streaks.show(0, 0);
    this.state.forces.leading.value = null;
    this.state.forces.afterLabel.value = false;
  }

  /** Whether the points that the person sees move because of forces. */
  private isMoving(): boolean {
    const { training, time, latent } = this.state;
    return training.value?.state === "running" && time.live.value && !latent.frozen;
  }

  private read(now: number): void {
    const { state, islands } = this;
    const { forces, latent, training } = state;
    this.drawn = forces.version.value;
    islands.update(latent, forces.frame!, training.value?.settings.preset ?? "default", now);
    for (let k = 0; k < islands.count; k++)
      this.strong = Math.max(this.strong, islands.strengths[k]!);
    this.streaks.place(islands, this.strong);
  }

  /** Number of the newest gesture that labels items or sets an axis; 0 without one. */
  private newestLabel(): number {
    let newest = 0;
    for (const { kind, undone, gesture } of this.state.history.value.gestures)
      if ((kind === "label" || kind === "axis") && !undone) newest = Math.max(newest, gesture);
    return newest;
  }

  /** Play a tone from each of the islands with the strongest forces, strongest first. */
  private sound(): void {
    this.sounded = true;
    if (!this.state.xr.tones.value) return;
    const { islands, order, place } = this;
    let count = 0;
    for (let k = 0; k < islands.count; k++) {
      let slot = count < SOUNDING ? count++ : SOUNDING;
      for (; slot > 0; slot--) {
        if (islands.strengths[order[slot - 1]!]! >= islands.strengths[k]!) break;
        if (slot < SOUNDING) order[slot] = order[slot - 1]!;
      }
      if (slot < SOUNDING) order[slot] = k;
    }
    for (let slot = 0; slot < count; slot++) {
      const k = order[slot]!;
      this.toRoom(place.fromArray(islands.middles, 3 * k));
      this.tones.force(islands.leading[k]!, islands.strengths[k]! / this.strong, slot, place);
    }
  }
}
