/** Layout of the boards: their tiles are laid out again when the state that they show changes. */
import { effect } from "@preact/signals";
import type { PaletteBoard } from "../../scene/xr/boards/palette-board.js";
import type { SheetBoard } from "../../scene/xr/boards/sheet-board.js";
import type { AppState } from "../../state/app-state.js";

/**
 * Lay the boards out again when their tiles change. Each board itself watches the signals that it
 * draws. `opened`: called when a contact sheet opens. Returns functions that end this.
 */
export function layOutBoards(
  state: AppState,
  palette: PaletteBoard,
  sheet: SheetBoard,
  opened: () => void,
): (() => void)[] {
  return [
    effect(() => {
      const { naming } = state.xr;
      for (const signal of [state.classes, state.notices, state.conflicting]) signal.value;
      for (const signal of [naming.words, naming.target, naming.ways]) signal.value;
      for (const signal of [state.persons, state.people.answered, state.people.following])
        signal.value;
      palette.relayout();
    }),
    effect(() => {
      const shown = sheet.mesh.visible;
      const open = state.review.sheet.value;
      sheet.relayout();
      if (shown || !open) return;
      // A sheet stays where it was opened. The palette's class tiles label pictures of the sheet.
      opened();
      state.xr.naming.target.value = null;
      palette.turnTo("classes");
    }),
    effect(() => {
      // A suggested region is labelled by a class tile, and the side with these tiles shows the
      // reason.
      if (state.selection.value.reason) palette.turnTo("classes");
    }),
    effect(() => {
      state.review.at.value;
      sheet.pick();
    }),
  ];
}
