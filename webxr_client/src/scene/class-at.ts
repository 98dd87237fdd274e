/** The class whose row is at a place of the browser window, CSS pixels; -1 for none. */
export function classAt(x?: number, y?: number): number {
  if (x === undefined || y === undefined) return -1;
  const row = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-class]");
  return row ? Number(row.dataset.class) : -1;
}
