/** Content of panels.json, written by server/baking/figure2_page.py. */

export interface PagePanel {
  /** Folder of the panel's bake. */
  name: string;
  /** Row of the panel: "a", "b" or "c". */
  row: string;
  title: string;
  /** Weights and head of the panel, in words. */
  detail: string;
  /** Epochs with labels, after those without. */
  epochs: number;
}

export interface PageContent {
  /** Name of the data set. */
  name: string;
  /** Epochs without labels, with which the recording of each panel begins. */
  epochs: number;
  /** Title of each row. */
  rows: Record<string, string>;
  panels: PagePanel[];
}

/** Epochs from the start to the end of the longest training. */
export const lastEpoch = ({ epochs, panels }: PageContent): number =>
  epochs + Math.max(...panels.map((panel) => panel.epochs));

/** Values of the query string. `epoch`: null for the end; values out of range are clamped. */
export function asked(query: string, last: number): { epoch: number | null; autoplay: boolean } {
  const values = new URLSearchParams(query);
  const epoch = Number.parseFloat(values.get("epoch") ?? "");
  return {
    epoch: Number.isFinite(epoch) ? Math.min(last, Math.max(0, epoch)) : null,
    autoplay: values.get("autoplay") === "yes",
  };
}
