/** List of the rules, with their figures and controls. */
import { useEffect } from "preact/hooks";
import type { RuleFigures, RuleInfo } from "../../protocol/messages.js";
import { storedClientId } from "../../session/client-id.js";
import type { AppState } from "../../state/app-state.js";
import { count, items as itemsText } from "../../state/format.js";
import { accuracyReason, accuracyText } from "../../state/rule-text.js";
import { authorName, isPageOfOwner, isThisPage } from "../../state/undo-choice.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { usePassedFocus, useReturnedFocus } from "../kit/focus.js";
import { KeyHint } from "../kit/key-hint.js";
import { PanelTitle } from "../kit/panel-title.js";
import { AddRule } from "./add-rule.js";
import { RuleControls } from "./rule-controls.js";

/** Time from a change of rules or labels until figures are requested, ms. */
const FIGURES_MS = 400;

export function RulesPanel() {
  const { state } = useUi();
  return state.rules.open.value && !state.review.sheet.value ? <Panel /> : null;
}

function Panel() {
  const { state } = useUi();
  const { rules } = state;
  const list = rules.list.value;
  const panel = useReturnedFocus<HTMLElement>();
  const figures = rules.figures.value;
  const of = new Map(figures?.figures.map((one) => [one.rule, one]));
  const conflicts = figures?.conflicts ?? 0;
  return (
    <section ref={panel} class="glass rules-panel" aria-label="Rules">
      <FreshFigures />
      <PanelTitle
        close={() => {
          rules.open.value = false;
        }}
      >
        Rules <b>{list.length > 0 && count(list.length)}</b>
      </PanelTitle>
      {list.length === 0 && (
        <p class="hint">
          A rule labels all items that are like those it was made from, also items that are added
          later. Switch it off or delete it, and its labels are gone; every change can be undone.
        </p>
      )}
      {list.length === 0 ? <NoRules /> : <Conflicts all={conflicts} />}
      <ul class="rules">
        {list.map((rule) => (
          <Row key={rule.rule} rule={rule} figures={of.get(rule.rule)} />
        ))}
      </ul>
      {!state.readOnly.value && <AddRule />}
      <p class="refusal" role="alert">
        {state.refusal.value?.message}
      </p>
    </section>
  );
}

/** Requests figures again after changes. A component of its own: a label renders no row again. */
function FreshFigures() {
  const { state, commands } = useUi();
  const list = state.rules.list.value;
  const labels = state.labelsVersion.value;
  useEffect(() => {
    const timer = window.setTimeout(
      () => commands.withRules((loaded) => loaded.refresh()),
      FIGURES_MS,
    );
    return () => window.clearTimeout(timer);
  }, [list, labels]);
  return null;
}

function NoRules() {
  const { state } = useUi();
  if (state.readOnly.value) return <p class="hint">There are no rules yet.</p>;
  return (
    <p class="hint" data-testid="no-rules">
      There are no rules yet. Draw around a cluster, switch on <b>Keep as a rule</b>{" "}
      <KeyHint action="keepRule" /> below its pictures, and choose a class.
    </p>
  );
}

/** Number of items on which rules and people disagree. */
function Conflicts({ all }: { all: number }) {
  const { state, commands } = useUi();
  if (all === 0) return null;
  return (
    <p class="rule-conflicts">
      <span class="conflict-mark" aria-hidden="true" />
      {itemsText(all)} {all === 1 ? "has" : "have"} votes for different classes
      {!state.readOnly.value && (
        <button
          type="button"
          class="link"
          title="Contact sheets of the conflicts, the most informative first"
          onClick={() => commands.openSheet("conflicts")}
        >
          Look
        </button>
      )}
    </p>
  );
}

function Row({ rule, figures }: { rule: RuleInfo; figures: RuleFigures | undefined }) {
  const { state, commands } = useUi();
  const { chosen } = state.rules;
  const open = chosen.value === rule.rule;
  const info = state.classes.value[rule.class_id];
  const accuracy = accuracyText(figures);
  const row = usePassedFocus<HTMLLIElement>(".rule-name");
  // A rule can also be chosen by its hull, or by the card of an item.
  useEffect(() => {
    if (open) row.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  return (
    <li ref={row} class={rule.on ? "rule" : "rule off"} data-rule={rule.rule}>
      <div class="rule-head">
        <label class="switch-room">
          <input
            type="checkbox"
            class="switch"
            checked={rule.on}
            disabled={state.readOnly.value}
            title={rule.on ? "On: the rule votes. Switch it off" : "Off: the rule does not vote"}
            aria-label={`The rule ${rule.name} votes`}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              commands.withRules((loaded) => loaded.edit(rule.rule, { on }));
            }}
          />
        </label>
        <button
          type="button"
          class="rule-name"
          aria-expanded={open}
          title={`Show the controls of ${rule.name}`}
          onClick={() => {
            chosen.value = open ? 0 : rule.rule;
          }}
        >
          {info && <Swatch colour={info.colour} of={info.class_id} />}
          <span dir="auto">{rule.name}</span>
          <b data-testid="rule-count">{count(rule.count)}</b>
        </button>
      </div>
      <p class="rule-facts">
        <span class={accuracy ? "" : "faint-text"} title={accuracyReason(figures)}>
          {accuracy || "accuracy not known yet"}
        </span>
        {figures && figures.conflicts > 0 && (
          <span class="warm" title="Items on which another rule or person votes for another class">
            {count(figures.conflicts)} in conflict
          </span>
        )}
        <bdi class="faint-text rule-author">{authorOf(rule, state)}</bdi>
      </p>
      {open && <RuleControls rule={rule} figures={figures} />}
    </li>
  );
}

function authorOf({ author }: RuleInfo, { session, access }: AppState): string {
  const own = session.value?.role === "owner" && isPageOfOwner(author);
  if (own || isThisPage(author, storedClientId())) return "by you";
  return isPageOfOwner(author) ? "by the owner" : `by ${authorName(author, access.value)}`;
}
