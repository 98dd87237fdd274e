/**
 * Line of the side panel with the number of rules, which opens their list. It appears with the
 * first label, because the first steps need no rules.
 */
import { count } from "../../state/format.js";
import { WHAT_A_RULE_DOES } from "../../state/rule-text.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";

export function RulesLine() {
  const { state } = useUi();
  const { rules } = state;
  if (!rules.offered.value) return null;
  const { length } = rules.list.value;
  if (length === 0 && state.labelCounts.value.every((n) => n === 0)) return null;
  const on = rules.list.value.filter((rule) => rule.on).length;
  return (
    <button
      type="button"
      class="rules-line"
      title={WHAT_A_RULE_DOES}
      aria-expanded={rules.open.value}
      onClick={() => {
        rules.open.value = !rules.open.value;
      }}
    >
      <span class="title">Rules</span>
      <span class="muted" data-testid="rules">
        {length === 0
          ? "none"
          : on === length
            ? count(length)
            : `${count(on)} of ${count(length)} on`}
      </span>
      <KeyHint action="rules" />
    </button>
  );
}
