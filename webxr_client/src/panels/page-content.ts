/** Content of panels.json, written by server/baking/figure2_page.py. */

export interface PagePanel {
  /** Folder of the panel's bake. */
  name: string;
  /** Row of the panel: "a", "b" or "c". */
  row: string;
  title: string;
  /** Text that states the weights and the head of the panel. */
  detail: string;
  /** Number of epochs with labels, which follow the epochs without labels. */
  epochs: number;
}

export interface PageContent {
  /** Name of the data set. */
  name: string;
  /** Number of epochs without labels. The recording of each panel begins with these epochs. */
  epochs: number;
  /** Title of each row. */
  rows: Record<string, string>;
  panels: PagePanel[];
}

/** Epochs from the start to the end of the longest training. */
export const lastEpoch = ({ epochs, panels }: PageContent): number =>
  epochs + Math.max(...panels.map((panel) => panel.epochs));

/**
 * Read the query string. `epoch` is null if the string has no number for it; the page then shows
 * the end. Numbers out of range are clamped.
 */
export function asked(query: string, last: number): { epoch: number | null; autoplay: boolean } {
  const values = new URLSearchParams(query);
  const epoch = Number.parseFloat(values.get("epoch") ?? "");
  return {
    epoch: Number.isFinite(epoch) ? Math.min(last, Math.max(0, epoch)) : null,
    autoplay: values.get("autoplay") === "yes",
  };
}
