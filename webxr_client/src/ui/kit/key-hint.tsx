/** The key of an action, as it is set now. Nothing while the key does not act. */
import type { ActionId } from "../../state/key-map.js";
import { useUi } from "./context.js";

export function KeyHint({ action }: { action: ActionId }) {
  const text = useUi().state.keys.text(action);
  return text ? <kbd>{text}</kbd> : null;
}

/** Text for a tooltip, with the key of the action in brackets. */
export function withKey(tooltip: string, key: string): string {
  return key ? `${tooltip} (${key})` : tooltip;
}
