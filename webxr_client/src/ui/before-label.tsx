/** Effects of a label of the selection: a rule that is kept, and replaced labels of others. */
import { useEffect, useState } from "preact/hooks";
import { fetchWhose } from "../net/api.js";
import { packItems } from "../protocol/item-sets.js";
import type { Whose } from "../protocol/messages.js";
import { count } from "../state/format.js";
import { ascending } from "../state/item-lists.js";
import { useUi } from "./kit/context.js";
import { KeepRule } from "./rules/keep-rule.js";

/** Items as a packed set, base64. */
const textOf = (items: Uint32Array): string =>
  btoa(Array.from(packItems(ascending(items)), (byte) => String.fromCharCode(byte)).join(""));

/** Time from a change of the selection until it is asked whose labels it has, ms. */
const ASK_MS = 250;

export function BeforeLabel({ items }: { items: Uint32Array }) {
  return (
    <>
      <OthersLabels items={items} />
      <KeepRule items={items} />
    </>
  );
}

function OthersLabels({ items }: { items: Uint32Array }) {
  const { state } = useUi();
  const [whose, setWhose] = useState<{ of: Uint32Array; answer: Whose } | null>(null);
  const version = state.labelsVersion.value;
  const readOnly = state.readOnly.value || state.tiled.value;
  useEffect(() => {
    const { labels } = state.annotations;
    const labelled = items.filter((item) => labels[item]! >= 0);
    if (readOnly || labelled.length === 0) {
      setWhose(null);
      return;
    }
    let current = true;
    const timer = window.setTimeout(() => {
      fetchWhose(textOf(labelled)).then(
        (answer) => current && setWhose({ of: items, answer }),
        () => current && setWhose(null), // without an answer, the panel names no people
      );
    }, ASK_MS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [items, version, readOnly, state]);
  const text = whose?.of === items ? whoseText(whose.answer) : "";
  return text ? (
    <p class="hint warm" role="status" data-testid="whose">
      {text}
    </p>
  ) : null;
}

/** Text about labels of other people that a label would replace; "" if there are none. */
function whoseText({ others }: Whose): string {
  if (others.length === 0) return "";
  const parts = others.map(
    ({ name, count: n }) => `${count(n)} ${n === 1 ? "label" : "labels"} of ${name}`,
  );
  const listed =
    parts.length < 2 ? parts[0] : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return `A new label replaces ${listed}.`;
}
