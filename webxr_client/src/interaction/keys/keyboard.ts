/** Runs the actions of pressed keys. */
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import type { KeyAction } from "./key-actions.js";
import { KeyReader } from "./key-reader.js";

const TEXT_FIELDS =
  "input:not([type=range], [type=checkbox], [type=color]), " +
  "textarea, select, [contenteditable]";

/** Run actions on key presses, except in text fields. Returns a function that unbinds the keys. */
export function bindKeyboard(
  actions: readonly KeyAction[],
  state: AppState,
  commands: Commands,
): () => void {
  const reader = new KeyReader();
  const onKey = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.matches(TEXT_FIELDS)) return;
    state.keys.shown.value = true; // keyboards on the screen write into text fields
    const key = reader.read(event);
    if (key === null) return;
    // A slider handles its own keys. On the timeline, however, End returns to the live view.
    const slider =
      target.matches("input[type=range]") && !(key === "end" && target.matches(".scrub"));
    if (slider && /^(arrow|page|home|end)/.test(key)) return;
    // Enter and Space press a focused button.
    if (
      (key === "enter" || key === "space") &&
      target.matches("button, a, summary, [role=button], [type=checkbox], [type=color]")
    )
      return;
    if (/^[0-9]$/.test(key) && state.keys.acts(key)) {
      event.preventDefault();
      const onSheet = state.review.sheet.peek() !== null;
      (onSheet ? commands.correct : commands.label)(Number(key));
      return;
    }
    const id = state.keys.actionOf(key);
    const action = actions.find((candidate) => candidate.id === id);
    if (!action) return;
    event.preventDefault();
    action.run();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
