/** Button of the bar at the top that opens or closes a panel. */
import type { ComponentChildren } from "preact";
import type { ActionId } from "../../state/key-map.js";
import { useUi } from "../kit/context.js";
import { withKey } from "../kit/key-hint.js";

interface PanelButtonProps {
  name: string;
  action: ActionId;
  class?: string;
  isOpen: boolean;
  setOpen: (open: boolean) => void;
  children: ComponentChildren;
}

export function PanelButton(props: PanelButtonProps) {
  const { name, isOpen } = props;
  return (
    <button
      type="button"
      class={`button icon ${props.class ?? ""}`}
      title={withKey(name, useUi().state.keys.text(props.action))}
      aria-label={name}
      aria-expanded={isOpen}
      onClick={() => props.setOpen(!isOpen)}
    >
      {props.children}
    </button>
  );
}
