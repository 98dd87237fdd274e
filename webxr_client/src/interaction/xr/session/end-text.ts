/** Message after VR has ended without a request of the user. */
import { labelsText } from "../../../state/view-state.js";

/**
 * Message for the user. `pending`: number of commands that the server has not answered. `lost`:
 * whether VR has ended because the graphics processor lost the view.
 */
export function endWords(pending: number, lost: boolean): string {
  const what = lost ? "VR has ended: the graphics processor lost the view." : "VR has ended.";
  const next = pending === 0 ? " Press Enter VR to return." : "";
  return `${what} ${labelsText(pending)}${next}`;
}
