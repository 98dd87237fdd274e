/** Why an item has its label: each rule and person with a vote, and the weight of the vote. */
import { useEffect, useState } from "preact/hooks";
import type { ItemVote, Why } from "../../protocol/messages.js";
import { personName, weighedText, weightText } from "../../state/rule-text.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";

export function WhyLabel({ item }: { item: number }) {
  const { state, commands } = useUi();
  const [why, setWhy] = useState<Why | null>(null);
  const labels = state.labelsVersion.value;
  const rules = state.rules.list.value;
  const offered = state.rules.offered.value;
  useEffect(() => {
    if (!offered) return;
    let current = true;
    commands.withRules((loaded) => {
      loaded.why(item).then(
        (answer) => current && setWhy(answer),
        () => {}, // without an answer, the card shows the label only
      );
    });
    return () => {
      current = false;
    };
  }, [item, offered, labels, rules]);
  const hidden = state.annotations.isHidden(item);
  if (!why || hidden || why.item !== item || why.votes.length === 0) return null;
  return (
    <>
      <h3 class="faint-text">Why this label</h3>
      <ul class="why">
        {why.votes.map((vote) => (
          <Vote key={`${vote.source} ${vote.number} ${vote.name}`} vote={vote} />
        ))}
      </ul>
      {why.votes.length > 1 && <p class="faint-text">{weighedText(why, state.classes.value)}</p>}
    </>
  );
}

function Vote({ vote }: { vote: ItemVote }) {
  const { state } = useUi();
  const info = state.classes.value[vote.class_id];
  const open = () => {
    state.rules.chosen.value = vote.number;
    state.rules.open.value = true;
  };
  return (
    <li data-decides={vote.decides}>
      {info && <Swatch colour={info.colour} of={info.class_id} />}
      <b dir="auto">{info?.name ?? "–"}</b>
      {vote.source === "rule" ? (
        <button type="button" class="link" title="Show the rule" onClick={open}>
          rule “<bdi>{vote.name}</bdi>”
        </button>
      ) : (
        <span>{personName(vote.name, state.session.value?.role, state.access.value)}</span>
      )}
      <span class="muted" title={`Changes the odds of this class by the factor ${odds(vote.odds)}`}>
        {weightText(vote)}
        {vote.decides && ", decides"}
      </span>
    </li>
  );
}

const odds = (factor: number): string =>
  factor >= 100 ? factor.toFixed(0) : factor.toPrecision(2);
