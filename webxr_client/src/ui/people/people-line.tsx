/**
 * Line of the side panel with the number of people, which opens the panel of the people. It appears
 * when another page is connected, or when a device has labelled items.
 */
import { useEffect } from "preact/hooks";
import { count } from "../../state/format.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";

export function PeopleLine() {
  const { state } = useUi();
  const { people, rules } = state;
  if (!rules.offered.value || !(state.shared.value || people.open.value)) return null;
  const known = people.agreement.value?.people.length;
  return (
    <button
      type="button"
      class="rules-line"
      title="The people who label, their agreement, and items that two people label blind"
      aria-expanded={people.open.value}
      onClick={() => {
        rules.open.value = false;
        people.open.value = !people.open.value;
      }}
    >
      <span class="title">People</span>
      <span class="muted">{known === undefined ? "" : count(known)}</span>
    </button>
  );
}

const loadPanel = () => import("./people-panel.js");

export function PeoplePanel() {
  const { state } = useUi();
  const { people, rules } = state;
  useEffect(() => {
    if (rules.open.value) people.open.value = false; // the panels have the same place
  }, [rules.open.value, people, rules]);
  const open = people.open.value && !rules.open.value && !state.review.sheet.value;
  const panel = useChunk(open, loadPanel, state.failure);
  return open && panel ? <panel.PeoplePanel /> : null;
}
