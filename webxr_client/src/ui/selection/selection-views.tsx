/** Buttons that show the selection as a contact sheet in pages, or as a table. */
import { useUi } from "../kit/context.js";

export function SelectionViews({ items }: { items: Uint32Array }) {
  const { state, commands } = useUi();
  if (state.tiled.value || items.length < 2) return null;
  return (
    <p class="selection-views">
      <button type="button" class="link" onClick={commands.sheetOfSelection}>
        Page through
      </button>
      <button
        type="button"
        class="link wide-only"
        onClick={() => {
          state.table.value = items;
          state.reportChosen.value = false; // the panel would cover the table
        }}
      >
        Table
      </button>
    </p>
  );
}
