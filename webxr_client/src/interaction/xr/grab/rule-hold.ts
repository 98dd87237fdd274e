/**
 * A rule that a hand holds by its hull. Trigger with the ray at a hull takes the rule, and the hull
 * moves with the hand. A bare hand takes a rule by a pinch at the surface of its hull; deep inside
 * a hull, hands grab the world. When the hull is released, the rule is made again from its items.
 *
 * Trigger or pinch of the other hand scales by the distance of the hands: a hull that was moved, or
 * else the reach of the rule.
 */
import { Matrix4, Ray, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { items } from "../../../state/format.js";
import {
  type HullMotion,
  LEAST_REACH,
  MOST_REACH,
  type MovePreview,
} from "../../../state/rule-state.js";
import { moveText, shortPreview } from "../../../state/rule-text.js";
import { LABEL_PULSE, TILE_PULSE } from "../input/haptics.js";
import type { TrackedHand } from "../input/tracked-hand.js";

/** Shortest time between two previews while the hands change a reach, ms. */
const PREVIEW_MS = 150;

/**
 * Least distance between hand and hull, room metres. From a smaller distance, the trigger paints: a
 * stroke can begin beside the points.
 */
const LEAST_DISTANCE = 0.15;
/** Largest distance between the brush of a bare hand and a hull that it takes, room metres. */
const BESIDE = 0.03;
/** A hand that has moved less than this has not moved the hull, room metres. */
const LEAST_MOVE = 0.04;
/** Smallest distance of two hands that counts, room metres. */
const LEAST_APART = 0.03;

export class RuleHold {
  private hand: TrackedHand | null = null;
  private other: TrackedHand | null = null;
  private rule = 0;
  /** Distance of the hands at the start of the scaling. */
  private from = 0;
  /** Reach at the start of the scaling, and the reach now. */
  private reach = 1;
  private wanted = 1;
  private askedAt = Number.NEGATIVE_INFINITY;
  /** Size of the moved hull at the start of the scaling, and its size now. */
  private size0 = 1;
  private size = 1;
  private readonly start = new Vector3();
  private readonly handFromScene = new Matrix4();
  private readonly shownFromPlace = new Matrix4();
  private readonly ray = new Ray();
  private readonly sceneFromRoom = new Matrix4();
  /** The preview of the last message. */
  private said: MovePreview | null = null;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly room: { readonly roomFromScene: Matrix4 },
  ) {}

  /** Whether a hull is moved, so that the points stay at their places. */
  get moving(): boolean {
    return this.motion?.active ?? false;
  }

  /** Whether a hand holds the hull of a rule. */
  get holding(): boolean {
    return this.hand !== null;
  }

  private get motion(): HullMotion | undefined {
    return this.state.rules.hulls?.motion;
  }

  /**
   * Take the rule whose hull the hand points or pinches at, unless items are selected. Returns
   * whether there is one.
   */
  take(hand: TrackedHand): boolean {
    const { rules, xr, selection } = this.state;
    const number = selection.value.items.length > 0 ? 0 : this.ruleAt(hand);
    const rule = rules.find(number);
    if (!rule) return false;
    this.hand = hand;
    this.other = null;
    this.rule = number;
    this.anchor(hand);
    rules.chosen.value = number;
    xr.message.value = `Rule “${rule.name}”: ${this.howToChange(hand)}.`;
    hand.pulse(TILE_PULSE, 25);
    return true;
  }

  private ruleAt(hand: TrackedHand): number {
    const { rules, xr } = this.state;
    const { roomFromScene } = this.room;
    this.sceneFromRoom.copy(roomFromScene).invert();
    if (hand.bare) {
      at.copy(hand.brush).applyMatrix4(this.sceneFromRoom);
      // Within the radius of the brush, a pinch paints the points in the hull.
      const distance = (xr.radius.value + BESIDE) / roomFromScene.getMaxScaleOnAxis();
      return rules.hulls?.beside(at, distance) ?? 0;
    }
    this.ray.set(hand.rayOrigin, hand.rayDirection).applyMatrix4(this.sceneFromRoom);
    return rules.hulls?.along(this.ray, LEAST_DISTANCE) ?? 0;
  }

  private howToChange(hand: TrackedHand): string {
    if (this.state.readOnly.peek()) return "you can only look at it";
    if (!this.motion?.canMove(this.rule)) return "touch its new class";
    const pull = hand.bare ? "pinch with the other hand, too" : "pull with the other trigger";
    return `touch its new class, move it, or ${pull}`;
  }

  /** Let the other hand scale the held hull, or its reach. Returns whether a rule is held. */
  join(hand: TrackedHand): boolean {
    if (!this.hand || hand === this.hand) return false;
    const rule = this.state.rules.find(this.rule);
    if (!rule || !this.motion?.canMove(this.rule)) return true;
    this.other = hand;
    this.reach = this.wanted = rule.reach;
    this.size0 = this.size;
    this.from = Math.max(LEAST_APART, this.hand.position.distanceTo(hand.position));
    return true;
  }

  /** Move the hull, or change its size or the reach of the rule. Called once per frame. */
  frame(now: number): void {
    const { hand, other } = this;
    if (!hand) return;
    if (!this.state.rules.find(this.rule)?.on) {
      this.drop(hand);
      this.state.xr.message.value = "The rule was deleted or switched off.";
      return;
    }
    // A class that was touched meanwhile is for the rule, whose hull returns to its place.
    if (this.moving && this.state.rules.chosen.value !== this.rule) {
      this.drop(hand);
      return;
    }
    const share = other ? hand.position.distanceTo(other.position) / this.from : 1;
    if (this.moving) {
      if (other) this.size = this.size0 * share;
      this.move(hand, now);
    } else if (other) this.changeReach(share, now);
    else if (hand.position.distanceTo(this.start) > LEAST_MOVE) this.motion?.begin(this.rule);
  }

  /** Release a hand. A change is stored when a hand is released. */
  release(hand: TrackedHand): boolean {
    const { rule, reach, wanted, other } = this;
    if (hand !== this.hand && hand !== other) return false;
    if (this.moving) {
      if (hand === this.hand) this.put(hand);
    } else if (other && Math.abs(wanted - reach) > 1e-3) {
      this.commands.withRules((rules) => void rules.edit(rule, { reach: wanted }));
      hand.pulse(LABEL_PULSE, 40);
    } else this.endPreview();
    this.letGo(hand);
    return true;
  }

  /** Forget the held rule without a change. */
  drop(hand: TrackedHand): void {
    if (hand !== this.hand && hand !== this.other) return;
    if (this.moving && hand === this.hand) this.motion?.cancel();
    else this.endPreview();
    this.letGo(hand);
  }

  /** A hand no longer holds. If the other hand goes on, the hull moves from its current place. */
  private letGo(hand: TrackedHand): void {
    this.other = null;
    if (hand === this.hand) this.hand = null;
    else if (this.hand && !this.moving) this.anchor(this.hand);
  }

  /** Note the pose of the hand, from which the hull moves with it. */
  private anchor(hand: TrackedHand): void {
    this.start.copy(hand.position);
    this.size = 1;
    this.handFromScene.copy(hand.roomFromHeld).invert().multiply(this.room.roomFromScene);
  }

  private move(hand: TrackedHand, now: number): void {
    const { shownFromPlace, state } = this;
    const middle = state.rules.hulls?.middleOf(this.rule);
    if (!middle) {
      this.drop(hand);
      return;
    }
    shownFromPlace.multiplyMatrices(hand.roomFromHeld, this.handFromScene);
    shownFromPlace.premultiply(this.sceneFromRoom.copy(this.room.roomFromScene).invert());
    at.set(middle.x, middle.y, middle.z);
    to.copy(at).applyMatrix4(shownFromPlace);
    if (state.latent.latentDim === 2) {
      shownFromPlace.makeTranslation(to.x - at.x, to.y - at.y, 0);
      to.z = at.z;
    }
    const { size } = this;
    shownFromPlace.premultiply(step.makeTranslation(-to.x, -to.y, -to.z));
    shownFromPlace.premultiply(step.makeScale(size, size, size));
    shownFromPlace.premultiply(step.makeTranslation(to.x, to.y, to.z));
    this.motion?.to(shownFromPlace.elements, now);
    const moved = state.rules.moved.value;
    if (!moved || moved === this.said) return;
    this.said = moved;
    state.xr.message.value = `${moveText(moved)}.`;
  }

  /** Release the moved hull. */
  private put(hand: TrackedHand): void {
    const { xr, rules } = this.state;
    const result = this.motion?.end();
    if (result === "few")
      xr.message.value = "Too few items are in the hull: the rule stays as it was.";
    if (typeof result !== "number") return;
    hand.pulse(LABEL_PULSE, 40);
    const { name } = rules.find(this.rule) ?? {};
    xr.message.value = `The rule “${name}” is made again from ${items(result)}.`;
  }

  private changeReach(share: number, now: number): void {
    const { rule } = this;
    this.wanted = Math.min(MOST_REACH, Math.max(LEAST_REACH, this.reach * share));
    if (now - this.askedAt < PREVIEW_MS) return;
    this.askedAt = now;
    const { wanted } = this;
    this.commands.withRules((rules) => void rules.previewReach(rule, wanted));
    const shown = this.state.rules.reached.peek();
    if (shown?.rule === rule)
      this.state.xr.message.value = `Reach ${wanted.toFixed(2)}: ${shortPreview(shown)}`;
  }

  private endPreview(): void {
    if (this.other) this.commands.withRules((rules) => rules.endPreview());
  }
}

const at = new Vector3();
const to = new Vector3();
const step = new Matrix4();
