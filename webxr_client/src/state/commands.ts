/** What a person can do, as functions: buttons, keys and, later, controllers all call these. */
import type { Settings } from "../protocol/messages.js";

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
}
