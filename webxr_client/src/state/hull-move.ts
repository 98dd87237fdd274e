/**
 * Motion of the hull of a rule by the pointer or by a hand. The rule is then made again from the
 * items in the hull, as one gesture.
 */
import { effect, signal, untracked } from "@preact/signals";
import type { RuleInfo } from "../protocol/messages.js";
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

/** The rule of a number, if it is a region that is on and that this user can change now. */
export function changeableRegion(state: AppState, rule: number): RuleInfo | undefined {
  const { rules, readOnly, time } = state;
  const info = rules.list.value.find((one) => one.rule === rule);
  const able = info?.kind === "region" && info.on && !readOnly.value && time.live.value;
  return able ? info : undefined;
}

export class HullMove implements HullMotion {
  /** The rule whose hull is moved; 0 for none. */
  private readonly rule = signal(0);
  private readonly motion = new Float64Array(16);
  private moved = false;
  /** Whether the hull has moved since the newest count, and since the newest preview. */
  private uncounted = false;
  private unasked = false;
  private countedAt = Number.NEGATIVE_INFINITY;
  private askedAt = Number.NEGATIVE_INFINITY;
  /** Timer of the next count or preview, so that the last motion is counted, too. */
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly state: AppState,
    private readonly commands: Pick<Commands, "withRules">,
  ) {
    // Another person can delete the rule or switch it off meanwhile.
    effect(() => {
      const rule = this.rule.value;
      if (rule !== 0 && !changeableRegion(state, rule)) untracked(() => this.cancel());
    });
    // In another scene, the box can have another size: the places of the motion are then wrong.
    effect(() => {
      state.sceneVersion.value;
      untracked(() => this.cancel());
    });
  }

  get active(): boolean {
    return this.rule.value !== 0;
  }

  canMove(rule: number): boolean {
    return changeableRegion(this.state, rule) !== undefined;
  }

  begin(rule: number): boolean {
    const { hulls } = this.state.rules;
    // A hull that was released waits for its new items.
    if (!this.canMove(rule) || !hulls?.middleOf(rule) || hulls.moved !== 0) return false;
    this.rule.value = rule;
    this.moved = false;
    this.countedAt = this.askedAt = Number.NEGATIVE_INFINITY;
    this.state.latent.freezing.add("hull");
    return true;
  }

  to(motion: SceneMotion, now: number): void {
    if (!this.active) return;
    this.motion.set(motion);
    this.state.rules.hulls?.move(this.rule.value, motion);
    this.moved = this.uncounted = this.unasked = true;
    this.look(now);
  }

  end(): MoveResult {
    const rule = this.rule.value;
    if (!this.active || !this.moved) {
      this.cancel();
      return "unmoved";
    }
    const inside = this.count();
    if (inside.length < LEAST_SELECTED) {
      this.cancel();
      return "few";
    }
    const { state } = this;
    const before = state.rules.find(rule)?.changed_at;
    this.stop();
    this.commands.withRules(async (loaded) => {
      await loaded.remake(rule, inside);
      if (!this.active) loaded.endPreview();
      // After a change, the hull stays where it is until its new items have arrived.
      if (state.rules.find(rule)?.changed_at === before) state.rules.hulls?.move(rule, null);
    });
    return inside.length;
  }

  give(classId: number): void {
    const rule = this.rule.value;
    this.cancel();
    if (rule === 0 || this.state.rules.find(rule)?.class_id === classId) return;
    this.commands.withRules((loaded) => void loaded.edit(rule, { class_id: classId }));
  }

  cancel(): void {
    const rule = this.rule.value;
    if (rule === 0) return;
    this.stop();
    this.state.rules.hulls?.move(rule, null);
    this.commands.withRules((loaded) => loaded.endPreview());
  }

  private stop(): void {
    clearTimeout(this.later);
    this.later = undefined;
    this.uncounted = this.unasked = false;
    this.rule.value = 0;
    this.state.latent.freezing.delete("hull");
  }

  /**
   * Count the items inside and request a preview, unless the previous count or preview is too
   * recent: then later. `now`: milliseconds.
   */
  private look(now: number): void {
    if (this.uncounted && now - this.countedAt >= COUNT_MS) {
      this.countedAt = now;
      this.uncounted = false;
      this.count();
    }
    if (this.unasked && !this.uncounted && now - this.askedAt >= PREVIEW_MS) this.ask(now);
    if (this.later !== undefined || !this.unasked) return;
    const due = this.uncounted ? this.countedAt + COUNT_MS : this.askedAt + PREVIEW_MS;
    this.later = setTimeout(() => {
      this.later = undefined;
      this.look(due);
    }, due - now);
  }

  private ask(now: number): void {
    this.unasked = false;
    const inside = this.state.rules.moved.peek()?.inside;
    if (!inside || inside.length < LEAST_SELECTED) return;
    this.askedAt = now;
    const rule = this.rule.value;
    this.commands.withRules((loaded) => void loaded.previewMove(rule, inside));
  }

  private count(): Uint32Array {
    const { rules } = this.state;
    const rule = this.rule.value;
    const inside = rules.hulls?.insideOf(rule, this.motion) ?? new Uint32Array(0);
    const before = rules.moved.peek();
    const matched = before?.rule === rule ? before.matched : null;
    rules.moved.value = { rule, inside, matched };
    return inside;
  }
}
