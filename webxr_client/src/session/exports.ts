/** Downloads of the project in the export formats. */
import { fetchExport } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { AppState } from "../state/app-state.js";
import type { Notes } from "./notes.js";

/** Fetch an export and give it to the browser as a download. `notes` shows the outcome. */
export async function download(
  state: AppState,
  format: string,
  notes: Notes,
  fetched: typeof fetchExport = fetchExport,
): Promise<void> {
  if (state.exporting.peek()) return;
  state.exporting.value = format;
  try {
    const { name, content } = await fetched(format);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    // The browser has begun to store the file when the click returns.
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    notes.show(`${name} is in your downloads.`);
  } catch (error) {
    notes.fail(`The export failed: ${messageOf(error)}`);
  } finally {
    state.exporting.value = "";
  }
}
