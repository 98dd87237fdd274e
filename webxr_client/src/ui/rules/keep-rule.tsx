/** Switch of the selection panel that keeps the next label as a rule, and its preview. */
import { previewText, WHAT_A_RULE_DOES } from "../../state/rule-text.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";

export function KeepRule({ items }: { items: Uint32Array }) {
  const { state } = useUi();
  const { rules } = state;
  const keep = rules.keep.value;
  const offered = rules.canKeep(state.selection.value);
  if (!offered || state.readOnly.value) return null;
  const preview = rules.preview.value;
  const current = preview?.of === items ? preview : null;
  return (
    <div class="keep-rule">
      <label title={WHAT_A_RULE_DOES}>
        <input
          type="checkbox"
          class="switch"
          checked={keep}
          onChange={(event) => {
            rules.keep.value = event.currentTarget.checked;
          }}
        />
        Keep as a rule <KeyHint action="keepRule" />
      </label>
      {keep && (
        <>
          <p class="hint what">{WHAT_A_RULE_DOES} Choose its class.</p>
          <p
            class={current?.problem ? "hint warm" : "hint"}
            role="status"
            data-testid="rule-preview"
            title={current?.space && `Items are compared by ${current.space}`}
          >
            {current ? previewText(current) : "Finding the items that are like these…"}
          </p>
        </>
      )}
    </div>
  );
}
