/** Button that opens the dialog with a link to the shown view (link-dialog.tsx). */
import { useUi } from "../kit/context.js";
import { LinkIcon } from "../kit/icons.js";
import { IconButton } from "../kit/panel-button.js";

export function LinkButton() {
  const { state } = useUi();
  return (
    <IconButton
      name="Copy a link to this view"
      class="link-button"
      onClick={() => {
        state.site.linkOpen.value = true;
      }}
    >
      <LinkIcon />
    </IconButton>
  );
}
