/** Words from the data that a person in VR can choose as names of classes. */
import { fetchWords } from "../net/api.js";
import type { AppState } from "../state/app-state.js";

/**
 * Fetch the words into state.xr.naming.words, without the names that are in use. If the server does
 * not answer, the words stay as they are, because a class can also be named in other ways.
 */
export async function findWords(state: AppState): Promise<void> {
  const words = await fetchWords().catch(() => null);
  if (!words) return;
  const used = new Set(state.liveClasses.peek().map((info) => info.name));
  state.xr.naming.words.value = words.filter((word) => !used.has(word));
}
