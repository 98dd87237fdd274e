/** Button that opens the dialog with a link to the shown view (link-dialog.tsx). */
import { useUi } from "../kit/context.js";
import { LinkIcon } from "../kit/icons.js";

export function LinkButton() {
  const { state } = useUi();
  return (
    <button
      type="button"
      class="button icon link-button"
      title="Copy a link to this view"
      aria-label="Copy a link to this view"
      onClick={() => {
        state.site.linkOpen.value = true;
      }}
    >
      <LinkIcon />
    </button>
  );
}
