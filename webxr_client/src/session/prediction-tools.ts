/**
 * Tools that use predictions: selections that grow over items with the same prediction, and
 * confident predictions that are accepted as labels.
 */
import { type AppState, NOTHING } from "../state/app-state.js";
import { ClusterGrowth } from "../state/cluster-growth.js";
import { count, percent } from "../state/format.js";
import { combine } from "../state/item-lists.js";
import { knownInstead } from "../state/quality-text.js";
import { acceptedPredictions, predictedItems, summarise } from "../state/selection-summary.js";
import type { ReviewHost } from "./review.js";

/** Density thresholds that `grow` tries one after the other until the selection grows. */
const GROW_SHARES = [0.18, 0.05, 0];

export class PredictionTools {
  private readonly growth = new ClusterGrowth();

  constructor(
    private readonly state: AppState,
    private readonly host: Pick<ReviewHost, "allowed" | "note" | "labelEach">,
  ) {}

  /**
   * Grow the selection: add nearby items that have the same predicted class as the selected items.
   * Items with a label of another class are left out.
   */
  grow(): void {
    const { selection, annotations, classes, latent } = this.state;
    const chosen = selection.peek();
    const { predictions, labels } = annotations;
    const { classId } = summarise(chosen.items, predictions, classes.peek().length);
    if (chosen.items.length === 0 || chosen.tool === "sheet") {
      this.host.note(
        "Select items first. The selection grows over nearby items with the same prediction.",
      );
      return;
    }
    if (classId < 0) {
      this.host.note("There are no predictions yet. Label items of two classes first.");
      return;
    }
    const same = (item: number) =>
      predictions[item] === classId && (labels[item]! < 0 || labels[item] === classId);
    for (const share of GROW_SHARES) {
      const items = this.growth.growOver(latent, chosen.items, share, same);
      if (items.length === chosen.items.length) continue;
      const note = "grown to the same prediction";
      selection.value = { ...chosen, items, tool: "cluster", revision: latent.revision, note };
      return;
    }
    this.host.note(`No more items nearby are predicted as ${classes.peek()[classId]?.name}.`);
  }

  /**
   * Label the unlabelled items of the selection that have a confident prediction. All other items
   * stay selected.
   */
  accept(): boolean {
    const { selection } = this.state;
    const chosen = selection.peek();
    if (chosen.tool === "sheet" || !this.host.allowed()) return false;
    if (this.lacksLabels()) return false;
    const { items, classIds, unlabelled } = acceptedPredictions(this.state, chosen);
    const least = percent(this.state.review.acceptFrom.peek());
    if (items.length === 0) {
      this.host.note(
        unlabelled > 0
          ? `No unlabelled item of the selection has a confidence of ${least} or more. ` +
              "Lower the limit, or label the items yourself."
          : "Select items without a label first. Accepting turns their predictions into labels.",
      );
      return false;
    }
    void this.host.labelEach(items, classIds, {
      tool: "accept",
      regions: chosen.regions,
      note: `predictions of ${least} and more`,
    });
    const rest = combine(chosen.items, items, true);
    selection.value = rest.length > 0 ? { ...chosen, items: rest } : NOTHING;
    return true;
  }

  /** Label each unlabelled item as predicted, in one gesture. */
  acceptAll(): void {
    if (!this.host.allowed() || this.lacksLabels()) return;
    const items = predictedItems(this.state);
    if (items.length === 0) return;
    const { predictions } = this.state.annotations;
    const classIds = Int16Array.from(items, (item) => predictions[item]!);
    const saved = this.host.labelEach(items, classIds, { tool: "accept", note: "all predictions" });
    void saved.then((accepted) => {
      if (!accepted) return;
      const many = `${count(items.length)} items have their prediction as label.`;
      this.host.note(
        items.length === 1
          ? "1 item has its prediction as label. Undo removes this label."
          : `${many} Undo removes these labels.`,
      );
    });
  }

  /** Whether a class lacks labels, so that predictions cannot be accepted. Shows the reason. */
  private lacksLabels(): boolean {
    const known = knownInstead(this.state.review.quality.peek());
    if (known)
      this.host.note(`Predictions can be accepted only when every class has a label: ${known}.`);
    return known !== "";
  }
}
