/** Button that opens the dialog for downloads (export-dialog.tsx). */
import { useUi } from "../kit/context.js";
import { DownloadIcon } from "../kit/icons.js";

export function ExportButton() {
  const { state } = useUi();
  return (
    <button
      type="button"
      class="button"
      title="Download labels, predictions, map or model"
      aria-expanded={state.exportOpen.value}
      onClick={() => {
        state.exportOpen.value = !state.exportOpen.value;
      }}
    >
      <DownloadIcon /> <span class="button-text">export</span>
    </button>
  );
}
