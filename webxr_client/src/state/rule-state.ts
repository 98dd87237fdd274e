/**
 * State of the rules. session/rule-commands.ts and session/stream-handler.ts write the data from
 * the server.
 */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { RuleInfo, Rules } from "../protocol/messages.js";

/** Items that a rule would match, before it is kept or changed. */
export interface Matched {
  /** Items that the rule would match, ascending. */
  items: Uint32Array;
  /** Number of selected items; 0 if it is not known. */
  chosen: number;
  /** Number of selected items that the rule would match. */
  kept: number;
  /** Number of matched items that the rule leaves out, because their class is locked. */
  locked: number;
  /** Number of matched items whose label stays, because a person has verified it. */
  verified: number;
  /** Name of the feature space in which items are compared. */
  space: string;
  /** Reason why there is no preview; "" for a preview. */
  problem: string;
}

/** Preview of a rule that would be kept from the selection. */
export interface RulePreview extends Matched {
  /** The selected items. */
  of: Uint32Array;
}

/** Preview of a rule with another reach. */
export interface ReachPreview extends Matched {
  rule: number;
  reach: number;
}

/** Preview of a region that would be made again from the items in its moved hull. */
export interface MovePreview {
  rule: number;
  /** Items in the moved hull, ascending. */
  inside: Uint32Array;
  /** Items that the rule would match; null until the server answers. */
  matched: Matched | null;
}

/** A motion in scene metres: a matrix of 4 x 4, column-major. */
export type SceneMotion = ArrayLike<number>;

/** Number of items from which a motion makes the rule again, or why it changes nothing. */
export type MoveResult = number | "unmoved" | "few";

/** Motion of the hull of a rule. The rule is then made again from the items in the hull. */
export interface HullMotion {
  /** Whether a hull is being moved. */
  readonly active: boolean;
  /** Whether this user can move the hull of a rule, and change its reach. */
  canMove(rule: number): boolean;
  /**
   * Begin to move the hull of a rule. The points stay at their places meanwhile. Returns false if
   * this user cannot move it, or while a hull that was moved waits for its new items.
   */
  begin(rule: number): boolean;
  /**
   * Show the hull after a motion, with the number of items inside and, from time to time, of those
   * that the rule would match. `now`: milliseconds.
   */
  to(motion: SceneMotion, now: number): void;
  /** Make the rule again from the items in its hull. */
  end(): MoveResult;
  /** Give the rule another class. Its hull returns to its place. */
  give(classId: number): void;
  /** Show the hull round its items again. The rule stays as it is. */
  cancel(): void;
}

/** The hulls of the rules in the scene, which a person can move. */
export interface MovableHulls {
  /** The motion of a hull by the pointer or by a hand. */
  readonly motion: HullMotion;
  /** The rule whose hull is away from its items: it moves or waits for new items. 0 for none. */
  readonly moved: number;
  /**
   * Middle of the hull of a rule, scene metres; null if it is not shown. The next call changes the
   * returned object.
   */
  middleOf(rule: number): Point | null;
  /** Show the hull of a rule after a motion; null shows it round its items. */
  move(rule: number, motion: SceneMotion | null): void;
  /** Items inside the hull of a rule after a motion, ascending. */
  insideOf(rule: number, motion: SceneMotion): Uint32Array;
  /**
   * The rule whose hull a ray in scene metres hits first; 0 for none. The distance is at least
   * `near` metres of the room, which differ from scene metres if the scene is scaled in VR.
   */
  along(ray: { origin: Point; direction: Point }, near: number): number;
  /**
   * The rule whose hull has its surface nearest to a place; 0 for none within a distance. Deep
   * inside a hull, there is none. Place and distance: scene metres.
   */
  beside(place: Point, distance: number): number;
}

/** Smallest and largest factor on the radii of a rule, as on the server. */
export const LEAST_REACH = 0.1;
export const MOST_REACH = 10;
/** Smallest number of selected items that can be kept as a rule. */
export const LEAST_SELECTED = 2;

/** Direction or place, scene metres. */
interface Point {
  x: number;
  y: number;
  z: number;
}

export class RuleState {
  /** The hulls; null until there are hulls. scene/layers/rule-layer.ts sets them. */
  hulls: MovableHulls | null = null;
  /** Whether the server has rules. Sites, scenes in tiles and older servers do not. */
  readonly offered: Signal<boolean> = signal(false);
  /** Whether the next label of the selection is kept as a rule. */
  readonly keep: Signal<boolean> = signal(false);
  private readonly all: Signal<readonly RuleInfo[]> = signal([]);
  /** All rules, oldest first. */
  readonly list: ReadonlySignal<readonly RuleInfo[]> = this.all;
  /** Figures of the label model; null before the server sends them. */
  readonly figures: Signal<Rules | null> = signal(null);
  /** Newest preview of the selection; null before the answer of the server. */
  readonly preview: Signal<RulePreview | null> = signal(null);
  /** Newest preview of a rule with another reach; null if the user changes no reach. */
  readonly reached: Signal<ReachPreview | null> = signal(null);
  /** Newest preview of a rule whose hull is moved; null if none is. */
  readonly moved: Signal<MovePreview | null> = signal(null);
  /** Whether the panel is open. */
  readonly open: Signal<boolean> = signal(false);
  /** Number of the rule whose controls are shown; 0 for none. */
  readonly chosen: Signal<number> = signal(0);

  /** Set the list of rules. The preview of a reach ends if its rule has changed. */
  setList(list: readonly RuleInfo[]): void {
    const previewed = this.reached.peek()?.rule;
    const changedAt = () => this.find(previewed)?.changed_at;
    batch(() => {
      const before = changedAt();
      this.all.value = list;
      if (changedAt() !== before) this.reached.value = null;
    });
  }

  /** The rule of a number; undefined if there is none. */
  find(rule: number | undefined): RuleInfo | undefined {
    return this.list.peek().find((one) => one.rule === rule);
  }

  /** Whether a label of this selection is kept as a rule. */
  keeps(selection: { items: Uint32Array; tool: string }): boolean {
    return this.keep.value && this.canKeep(selection);
  }

  /** Whether this selection can be kept as a rule. */
  canKeep({ items, tool }: { items: Uint32Array; tool: string }): boolean {
    return this.offered.value && tool !== "sheet" && items.length >= LEAST_SELECTED;
  }
}
