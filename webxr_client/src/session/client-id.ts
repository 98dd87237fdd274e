/** The id of this browser, kept over reloads: undo and redo apply to a client's own gestures. */

const KEY = "lodespace.client";

/** The stored id, or a new one. Without storage every page load gets a new id. */
export function storedClientId(): string {
  try {
    const stored = localStorage.getItem(KEY);
    if (stored) return stored;
    const created = crypto.randomUUID();
    localStorage.setItem(KEY, created);
    return created;
  } catch {
    return crypto.randomUUID();
  }
}
