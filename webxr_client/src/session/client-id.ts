/** Id of this browser. It is stored, so that a reloaded page can still undo its own gestures. */
import { store, stored } from "../state/storage.js";

const KEY = "lodespace.client";

/** The stored id, or a new one. Without storage every page load gets a new id. */
export function storedClientId(): string {
  const kept = stored(KEY);
  if (kept) return kept;
  const created = crypto.randomUUID();
  store(KEY, created);
  return created;
}
