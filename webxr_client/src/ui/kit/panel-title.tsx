/** Title of a panel at the right, with a button that closes the panel. */
import type { ComponentChildren } from "preact";
import { KeyHint } from "./key-hint.js";

export function PanelTitle({
  close,
  children,
}: {
  close: () => void;
  children: ComponentChildren;
}) {
  return (
    <div class="panel-title">
      <h2>{children}</h2>
      <button type="button" class="link" onClick={close}>
        Close <KeyHint action="close" />
      </button>
    </div>
  );
}
