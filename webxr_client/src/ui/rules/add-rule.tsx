/** Rules from a search, and from predictions. */
import { useState } from "preact/hooks";
import { count, items as itemsText, percent } from "../../state/format.js";
import { LARGEST_ACCEPT_FROM, LEAST_ACCEPT_FROM } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";

export function AddRule() {
  const [open, setOpen] = useState(false);
  return (
    <details class="add-rule" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Add a rule from a search or from predictions</summary>
      {open && <Sources />}
    </details>
  );
}

function Sources() {
  const { state, commands } = useUi();
  const classes = state.liveClasses.value.filter((info) => !info.locked);
  const [wanted, setWanted] = useState(-1);
  const [from, setFrom] = useState(0.9);
  state.predictionsVersion.value;
  const info = classes.find(({ class_id }) => class_id === wanted) ?? classes[0];
  const search = state.search.value;
  const found = search?.items?.length ?? 0;
  const { predictions, confidence } = state.annotations;
  if (!info) return <p class="hint">There is no class for a rule: add or unlock one.</p>;
  let sure = 0;
  predictions.forEach((predicted, item) => {
    if (predicted === info.class_id && confidence[item]! / 255 >= from) sure += 1;
  });
  return (
    <>
      <label>
        <span class="muted">class</span>
        <select
          value={String(info.class_id)}
          onChange={(event) => setWanted(Number(event.currentTarget.value))}
        >
          {classes.map(({ class_id, name }) => (
            <option key={class_id} value={String(class_id)}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button"
        disabled={found === 0}
        title="The rule also votes on items that are added later and that the search finds"
        onClick={() =>
          search && commands.withRules((rules) => rules.fromSearch(info.class_id, search.text))
        }
      >
        {found > 0 && search ? (
          <>
            {itemsText(found)} found by “<bdi>{search.text}</bdi>”
          </>
        ) : (
          "Search first, in the field at the top"
        )}
      </button>
      <label>
        <span class="muted">at least</span>
        <input
          type="range"
          aria-label="Smallest confidence of a prediction"
          aria-valuetext={percent(from)}
          min={100 * LEAST_ACCEPT_FROM}
          max={100 * LARGEST_ACCEPT_FROM}
          value={100 * from}
          onInput={(event) => setFrom(Number(event.currentTarget.value) / 100)}
        />
        <b>{percent(from)}</b>
      </label>
      <button
        type="button"
        class="button"
        disabled={sure === 0}
        title="The current predictions. The rule does not follow the model until you search again"
        onClick={() => commands.withRules((rules) => rules.fromPredictions(info.class_id, from))}
      >
        {sure > 0 ? `${count(sure)} predicted` : "None is predicted"} as <bdi>{info.name}</bdi>
      </button>
    </>
  );
}
