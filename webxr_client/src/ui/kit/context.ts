/** Context of all panels: state, commands and keys. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { KeyAction } from "../../interaction/keys/key-actions.js";
import type { Insets } from "../../scene/camera-frame.js";
import type { Atlas } from "../../scene/cloud/atlas.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import type { XrMode } from "../../state/xr-state.js";

export interface UiContext {
  state: AppState;
  commands: Commands;
  /** Table of keys, for the help. */
  actions: readonly KeyAction[];
  /** Thumbnails of all items; null while they are loading, and for items without pictures. */
  atlas: { current: Atlas | null };
  /** Set how much of the page the panels cover at each edge. */
  setInsets(insets: Insets): void;
  /** Move the camera to items, and show the card of a single item. */
  showItems(items: Uint32Array): void;
  /** Address of the page with the view that it shows. */
  viewAddress(): string;
  /** Place of an item across the page, as a share of its width; below 0 or over 1 outside. */
  across(item: number): number;
  enterXr(mode: XrMode): void;
  leaveXr(): void;
  /** Build the view of the cloud again, after the graphics processor has lost it. */
  buildView(): void;
}

export const Ui = createContext<UiContext | null>(null);

export function useUi(): UiContext {
  const context = useContext(Ui);
  if (!context) throw new Error("useUi is called outside of Ui.Provider");
  return context;
}
