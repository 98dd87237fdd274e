/** Buttons with an icon, for the bars of the page. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { ActionId } from "../../state/key-map.js";
import { useUi } from "./context.js";
import { withKey } from "./key-hint.js";

interface IconButtonProps extends Pick<JSX.AriaAttributes, "aria-expanded" | "aria-pressed"> {
  name: string;
  /** Action whose key is named in the tooltip. */
  action?: ActionId;
  class?: string;
  onClick: () => void;
  children: ComponentChildren;
}

export function IconButton({ name, action, class: more = "", ...rest }: IconButtonProps) {
  const { keys } = useUi().state;
  return (
    <button
      type="button"
      class={`button icon ${more}`}
      title={action ? withKey(name, keys.text(action)) : name}
      aria-label={name}
      {...rest}
    />
  );
}

interface PanelButtonProps extends Omit<IconButtonProps, "onClick"> {
  /** Whether the panel is open. */
  open: ReadonlySignal<boolean>;
  /** Signal that opens and closes the panel; `open` by default. */
  chosen?: Signal<boolean | null>;
}

/** Button that opens or closes a panel. */
export function PanelButton({ open, chosen = open as Signal, ...rest }: PanelButtonProps) {
  const toggle = () => {
    chosen.value = !open.value;
  };
  return <IconButton {...rest} aria-expanded={open.value} onClick={toggle} />;
}
