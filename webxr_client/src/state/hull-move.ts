/**
 * Motion of the hull of a rule by the pointer or by a hand. The rule is then made again from the
 * items in the hull, as one gesture.
 */
import type { AppState } from "./app-state.js";
import type { Commands } from "./commands.js";
import {
  type HullMotion,
  LEAST_SELECTED,
  type MoveResult,
  type SceneMotion,
} from "./rule-state.js";

/** Shortest time between two counts of the items in a hull, ms. */
const COUNT_MS = 60;
/** Shortest time between two previews of the server, ms. */
const PREVIEW_MS = 200;

export class HullMove implements HullMotion {
  private rule = 0;
  private motion: SceneMotion | null = null;
  private countedAt = Number.NEGATIVE_INFINITY;
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly state: AppState,
    private readonly commands: Pick<Commands, "withRules">,
  ) {}

  /** Whether a hull is being moved. */
  get active(): boolean {
    return this.rule !== 0;
  }

  /** Whether this user can move the hull of a rule now. */
  canMove(rule: number): boolean {
    const { rules, readOnly, time } = this.state;
    const info = rules.find(rule);
    return (
      info?.kind === "region" &&
      info.on &&
      !readOnly.peek() &&
      time.live.peek() &&
      (rules.hulls?.middleOf(rule) ?? null) !== null
    );
  }

  /** Begin to move the hull of a rule. The points stay at their places meanwhile. */
  begin(rule: number): boolean {
    if (!this.canMove(rule)) return false;
    this.rule = rule;
    this.motion = null;
    this.countedAt = this.askedAt = Number.NEGATIVE_INFINITY;
    this.state.latent.frozen = true;
    return true;
  }

  /**
   * Show the hull after `motion`, with the number of items inside and, from time to time, of those
   * that the rule would match. `now`: milliseconds.
   */
  to(motion: SceneMotion, now: number): void {
    const { rules } = this.state;
    if (!this.active) return;
    this.motion = Float64Array.from(motion);
    rules.hulls?.move(this.rule, motion);
    if (now - this.countedAt < COUNT_MS) return;
    this.countedAt = now;
    const inside = this.count();
    if (inside.length < LEAST_SELECTED || now - this.askedAt < PREVIEW_MS) return;
    this.askedAt = now;
    const { rule } = this;
    this.commands.withRules((loaded) => void loaded.previewMove(rule, inside));
  }

  /** Make the rule again from the items in its hull. */
  end(): MoveResult {
    if (!this.active || !this.motion) {
      this.cancel();
      return "unmoved";
    }
    const inside = this.count();
    if (inside.length < LEAST_SELECTED) {
      this.cancel();
      return "few";
    }
    const { rule, state } = this;
    const before = state.rules.find(rule)?.changed_at;
    this.rule = 0;
    state.latent.frozen = false;
    this.commands.withRules(async (loaded) => {
      await loaded.remake(rule, inside);
      loaded.endPreview();
      // After a change, the hull stays where it is until its new items have arrived.
      if (state.rules.find(rule)?.changed_at === before) state.rules.hulls?.move(rule, null);
    });
    return "";
  }

  give(classId: number): void {
    const { rule } = this;
    this.cancel();
    if (rule === 0 || this.state.rules.find(rule)?.class_id === classId) return;
    this.commands.withRules((loaded) => void loaded.edit(rule, { class_id: classId }));
  }

  /** Show the hull round its items again. The rule stays as it is. */
  cancel(): void {
    if (!this.active) return;
    const { rule, state } = this;
    this.rule = 0;
    state.latent.frozen = false;
    state.rules.hulls?.move(rule, null);
    this.commands.withRules((loaded) => loaded.endPreview());
  }

  private count(): Uint32Array {
    const { rules } = this.state;
    const { rule, motion } = this;
    const inside = rules.hulls?.insideOf(rule, motion!) ?? new Uint32Array(0);
    const before = rules.moved.peek();
    const matched = before?.rule === rule ? before.matched : null;
    rules.moved.value = { rule, inside, matched };
    return inside;
  }
}
