/** What a person can do, as functions: buttons, keys and, later, controllers all call these. */
import type { Presence, Settings } from "../protocol/messages.js";

export interface Commands {
  /** Label the selection, or `items`; -1 takes labels away. */
  label(classId: number, items?: Uint32Array): void;
  undo(): void;
  redo(): void;
  addClass(name: string): void;
  editClass(classId: number, name: string): void;
  run(): void;
  pause(): void;
  setSettings(settings: Settings): void;
  /** Replace the selection's items, as on the contact sheet. */
  select(items: Uint32Array): void;
  clearSelection(): void;
  fit(): void;
  /** Ask the owner to let this device in, once more. */
  askToComeIn(): void;
  /** Come in by a pairing code; rejects with words for a person. */
  enterCode(code: string): Promise<void>;
  /** Tell the others where head and hands are; without a head, that VR is over. */
  present(presence: Omit<Presence, "op">): void;
}
