/** Values kept in the browser's storage. If the browser forbids storage, no value is kept. */

/** The stored value; null if there is none. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // the browser's settings forbid storage
  }
}

export function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The browser's settings forbid storage, or it is full.
  }
}
