/** Items on which rules disagree with each other, or with the label of the item. */
import type { RuleInfo } from "../protocol/messages.js";

/** A rule that is on, and its items. */
export interface VotingRule {
  rule: Pick<RuleInfo, "class_id">;
  items: Uint32Array;
}

/**
 * Return the items with votes for different classes. A label that no vote of a rule has given is
 * the vote of a person.
 */
export function conflictsOf(rules: readonly VotingRule[], labels: Int16Array): Set<number> {
  const voted = new Map<number, number>();
  const conflicts = new Set<number>();
  for (const { rule, items } of rules) {
    if (rule.class_id < 0) continue;
    for (const item of items) {
      const before = voted.get(item);
      const label = labels[item] ?? -1;
      if (before === undefined) voted.set(item, rule.class_id);
      const other = before !== undefined && before !== rule.class_id;
      if (other || (label >= 0 && label !== rule.class_id)) conflicts.add(item);
    }
  }
  return conflicts;
}
