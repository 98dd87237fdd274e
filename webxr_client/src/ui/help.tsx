import { useEffect, useRef } from "preact/hooks";
import { POINTER_HELP } from "../interaction/keyboard.js";
import { useUi } from "./context.js";

export function Help() {
  const { state, actions } = useUi();
  const closing = useRef<HTMLButtonElement>(null);
  const open = state.help.value;
  useEffect(() => {
    if (!open) return;
    const before = document.activeElement as HTMLElement | null;
    closing.current?.focus();
    return () => before?.focus(); // the keyboard goes on where it was
  }, [open]);
  if (!open) return null;
  const close = () => {
    state.help.value = false;
  };
  return (
    <section class="glass help" role="dialog" aria-label="Keys and pointer">
      <div class="panel-title">
        <h2>Keys and pointer</h2>
        <button ref={closing} type="button" class="button" onClick={close}>
          close <kbd>Esc</kbd>
        </button>
      </div>
      <dl>
        {POINTER_HELP.map(([keys, does]) => (
          <Entry key={keys} keys={keys} does={does} />
        ))}
        {actions.map((action) => (
          <Entry key={action.keys} keys={action.keys} does={action.does} />
        ))}
      </dl>
    </section>
  );
}

function Entry({ keys, does }: { keys: string; does: string }) {
  return (
    <div>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
