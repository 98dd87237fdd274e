/**
 * A rule that a hand holds by its hull. Trigger with the ray at a hull takes the rule. While the
 * hand holds it, trigger or grip of the other hand changes its reach by the distance of the hands.
 * A hull has no place of its own, so moving the hand does not move it (docs/rules.md).
 */
import { Matrix4, Ray } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { LEAST_REACH, MOST_REACH } from "../../../state/rule-state.js";
import { shortPreview } from "../../../state/rule-text.js";
import { LABEL_PULSE, TILE_PULSE } from "../input/haptics.js";
import type { TrackedHand } from "../input/tracked-hand.js";

/** Shortest time between two previews while the hands scale a hull, ms. */
const PREVIEW_MS = 150;

const HOW_TO_CHANGE = "touch its new class, or pull with the other trigger to reach farther.";

/**
 * Least distance between hand and hull, room metres. From a smaller distance, the trigger paints: a
 * stroke can begin beside the points.
 */
const LEAST_DISTANCE = 0.15;

export class RuleHold {
  private hand: TrackedHand | null = null;
  private other: TrackedHand | null = null;
  private rule = 0;
  /** Distance of the hands and reach at the start of the scaling, and the reach now. */
  private from = 0;
  private reach = 1;
  private wanted = 1;
  private askedAt = Number.NEGATIVE_INFINITY;
  private readonly ray = new Ray();
  private readonly sceneFromRoom = new Matrix4();

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly room: { readonly roomFromScene: Matrix4 },
  ) {}

  /** Take the rule whose hull the hand points at. Returns whether there is one. */
  take(hand: TrackedHand): boolean {
    const { rules, xr } = this.state;
    const { roomFromScene } = this.room;
    this.ray.set(hand.rayOrigin, hand.rayDirection);
    this.ray.applyMatrix4(this.sceneFromRoom.copy(roomFromScene).invert());
    const number = rules.along(this.ray, LEAST_DISTANCE);
    const rule = rules.find(number);
    if (!rule) return false;
    this.hand = hand;
    this.other = null;
    this.rule = number;
    rules.chosen.value = number;
    const does = this.state.readOnly.peek() ? "you can only look at it." : HOW_TO_CHANGE;
    xr.message.value = `Rule “${rule.name}”: ${does}`;
    hand.pulse(TILE_PULSE, 25);
    return true;
  }

  /** Let the other hand change the reach of the held rule. Returns whether a rule is held. */
  join(hand: TrackedHand): boolean {
    if (!this.hand || hand === this.hand) return false;
    const { rules, readOnly } = this.state;
    const rule = rules.find(this.rule);
    if (rule?.kind !== "region" || readOnly.peek()) return true;
    this.other = hand;
    this.reach = this.wanted = rule.reach;
    this.from = Math.max(0.03, this.hand.position.distanceTo(hand.position));
    return true;
  }

  /** Change the reach by the distance of the hands. Called once per frame. */
  frame(now: number): void {
    const { hand, other, rule } = this;
    if (!hand || !other) return;
    const share = hand.position.distanceTo(other.position) / this.from;
    this.wanted = Math.min(MOST_REACH, Math.max(LEAST_REACH, this.reach * share));
    if (now - this.askedAt < PREVIEW_MS) return;
    this.askedAt = now;
    const { wanted } = this;
    this.commands.withRules((rules) => void rules.previewReach(rule, wanted));
    const shown = this.state.rules.reached.peek();
    if (shown?.rule === rule)
      this.state.xr.message.value = `Reach ${wanted.toFixed(2)}: ${shortPreview(shown)}`;
  }

  /** Release a hand. The change of the reach is stored when either hand is released. */
  release(hand: TrackedHand): boolean {
    if (hand !== this.hand && hand !== this.other) return false;
    const { rule, reach, wanted, other } = this;
    if (other && Math.abs(wanted - reach) > 1e-3) {
      this.commands.withRules((rules) => void rules.edit(rule, { reach: wanted }));
      hand.pulse(LABEL_PULSE, 40);
    } else this.endPreview();
    this.other = null;
    if (hand === this.hand) this.hand = null;
    return true;
  }

  /** Forget the held rule without a change. */
  drop(hand: TrackedHand): void {
    if (hand !== this.hand && hand !== this.other) return;
    this.endPreview();
    this.other = null;
    if (hand === this.hand) this.hand = null;
  }

  private endPreview(): void {
    if (this.other) this.commands.withRules((rules) => rules.endPreview());
  }
}
