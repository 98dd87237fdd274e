/** Effects of a label of the selection: a rule that is kept, and replaced labels of others. */
import { useEffect, useState } from "preact/hooks";
import type { Whose } from "../protocol/messages.js";
import { askWhose, whoseText } from "../session/whose.js";
import { useUi } from "./kit/context.js";
import { KeepRule } from "./rules/keep-rule.js";

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
  const [whose, setWhose] = useState<{ of: Uint32Array; answer: Whose | null }>();
  const version = state.labelsVersion.value;
  const readOnly = state.readOnly.value || state.tiled.value;
  useEffect(() => {
    if (readOnly) setWhose(undefined);
    else return askWhose(state, items, (answer) => setWhose({ of: items, answer }));
  }, [items, version, readOnly, state]);
  const text = whose?.of === items && whose.answer ? whoseText(whose.answer) : "";
  return text ? (
    <p class="hint warm" role="status" data-testid="whose">
      {text}
    </p>
  ) : null;
}
