/**
 * State of the rules. session/rule-commands.ts and session/stream-handler.ts write the data from
 * the server.
 */
import { type Signal, signal } from "@preact/signals";
import type { RuleInfo, Rules } from "../protocol/messages.js";

/** Items that a rule would match, before it is kept or changed. */
export interface RulePreview {
  /** Subject of the preview: the selected items of a new rule, or a rule with another reach. */
  of: Uint32Array | { rule: number; reach: number };
  /** Items that the rule would match, ascending. */
  items: Uint32Array;
  /** Number of selected items; 0 for an existing rule. */
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

/** Smallest and largest factor on the radii of a rule, as on the server. */
export const LEAST_REACH = 0.1;
export const MOST_REACH = 10;
/** Smallest number of selected items that can be kept as a rule. */
const LEAST_SELECTED = 2;

/** Direction or place, scene metres. */
interface Point {
  x: number;
  y: number;
  z: number;
}

export class RuleState {
  /**
   * The rule whose hull a ray hits first, at a distance of at least `near` scene metres; 0 for
   * none. scene/layers/rule-layer.ts sets it when there are hulls.
   */
  along: (ray: { origin: Point; direction: Point }, near: number) => number = () => 0;
  /** Whether the server has rules. Sites, scenes in tiles and older servers do not. */
  readonly offered: Signal<boolean> = signal(false);
  /** Whether the next label of the selection is kept as a rule. */
  readonly keep: Signal<boolean> = signal(false);
  /** All rules, oldest first. */
  readonly list: Signal<readonly RuleInfo[]> = signal([]);
  /** Figures of the label model; null before the server sends them. */
  readonly figures: Signal<Rules | null> = signal(null);
  /** Newest preview; null before the answer of the server. */
  readonly preview: Signal<RulePreview | null> = signal(null);
  /** Whether the panel is open. */
  readonly open: Signal<boolean> = signal(false);
  /** Number of the rule whose controls are shown; 0 for none. */
  readonly chosen: Signal<number> = signal(0);

  /** Whether a label of this selection is kept as a rule. */
  keeps(selection: { items: Uint32Array; tool: string }): boolean {
    return this.keep.value && this.canKeep(selection);
  }

  /** Whether this selection can be kept as a rule. */
  canKeep({ items, tool }: { items: Uint32Array; tool: string }): boolean {
    return this.offered.value && tool !== "sheet" && items.length >= LEAST_SELECTED;
  }
}
