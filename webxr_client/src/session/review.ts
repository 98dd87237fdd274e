/**
 * Review of doubtful items: contact sheets that are corrected and confirmed as one gesture,
 * suggestions of what to label next, selections that grow over items with the same prediction, and
 * confident predictions that are accepted as labels.
 */
import { batch, effect, untracked } from "@preact/signals";
import { fetchNext, fetchSheet } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import { MAX_SHEET_SIZE, type Provenance, SHEET_SIZE } from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import { ClusterGrowth } from "../state/cluster-growth.js";
import { percent } from "../state/format.js";
import { combine } from "../state/item-lists.js";
import { knownInstead } from "../state/quality-text.js";
import {
  NO_PICTURE,
  type OpenSheet,
  type SheetKind,
  sheetLabels,
  withoutSetAside,
} from "../state/review-state.js";
import { acceptedPredictions, summarise } from "../state/selection-summary.js";
import { NOTHING_TO_CONFIRM, unseenText } from "../state/sheet-text.js";
import { isTooFast, labelledItems } from "./sheet-look.js";

/** Density thresholds that `grow` tries one after the other until the selection grows. */
const GROW_SHARES = [0.18, 0.05, 0];

/** Parts of the session that the review uses. */
export interface ReviewHost {
  /** Whether labels can be changed now. If not, shows the reason. */
  allowed(): boolean;
  /** Show a message to the user. */
  note(message: string): void;
  /**
   * Label each item with its own class, as one gesture. Resolves with whether the server accepted
   * the labels.
   */
  labelEach(items: Uint32Array, classIds: Int16Array, provenance: Provenance): Promise<boolean>;
}

export class Review {
  private readonly growth = new ClusterGrowth();
  /** Sequence number of the newest request. Answers to earlier requests are ignored. */
  private asked = 0;
  /** Items of the open sheet, which are selected in the cloud. */
  private marked: Uint32Array | null = null;
  /** Time at which the open sheet was shown, ms. */
  private shownAt = 0;

  constructor(
    private readonly state: AppState,
    private readonly host: ReviewHost,
    private readonly ask = { sheet: fetchSheet, next: fetchNext },
  ) {
    // A new selection puts the sheet away.
    effect(() => {
      const { items } = state.selection.value;
      if (this.marked && items !== this.marked) this.putAway();
    });
    effect(() => {
      state.predictionsVersion.value;
      untracked(() => this.reloadWithPredictions());
    });
  }

  // Contact sheets -------------------------------------------------------------------------------

  /** Open a contact sheet. */
  open(kind: SheetKind, reason = ""): void {
    if (!this.host.allowed()) return;
    this.state.review.aside.value = new Set();
    void this.load(kind, reason);
  }

  /** Close the sheet and discard its corrections. */
  close(): void {
    const { review, selection } = this.state;
    this.asked += 1;
    batch(() => {
      this.marked = null;
      if (review.sheet.peek()) selection.value = NOTHING;
      review.sheet.value = null;
      review.corrected.value = new Map();
    });
  }

  /**
   * Fetch the sheet again when the first predictions arrive, unless the user has begun to correct
   * the sheet.
   */
  private reloadWithPredictions(): void {
    const { review, annotations } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status !== "open" || sheet.items.some(({ prediction }) => prediction >= 0)) return;
    const [corrected, aside] = [review.corrected.peek(), review.aside.peek()];
    if (sheet.items.some(({ item }) => corrected.has(item) || aside.has(item))) return;
    if (sheet.items.some(({ item }) => annotations.predictions[item]! >= 0))
      void this.load(sheet.kind, "");
  }

  /**
   * Close the sheet, because the selection has changed. Unlike with `close`, its corrections are
   * kept until the sheet is opened again.
   */
  private putAway(): void {
    const { review } = this.state;
    this.asked += 1;
    this.marked = null;
    if (review.corrected.peek().size > 0)
      this.host.note(
        "Nothing was labelled. Your corrections are kept. Open the sheet again to confirm them.",
      );
    review.sheet.value = null;
  }

  /** Correct the class of the current picture. */
  correct(classId: number): void {
    const { review, classes } = this.state;
    const item = this.current();
    const info = classes.peek()[classId];
    if (item < 0 || !info || info.removed) return;
    if (info.locked) {
      this.host.note(`Class ${info.name} is locked. Unlock the class before you assign it.`);
      return;
    }
    const aside = new Set(review.aside.peek());
    aside.delete(item);
    batch(() => {
      review.corrected.value = new Map(review.corrected.peek()).set(item, classId);
      review.aside.value = aside;
    });
  }

  /** Set the current picture aside as undecidable. A second call includes the picture again. */
  setAside(): void {
    const { review } = this.state;
    const item = this.current();
    if (item < 0) return;
    const aside = new Set(review.aside.peek());
    if (!aside.delete(item)) aside.add(item);
    const corrected = new Map(review.corrected.peek());
    corrected.delete(item);
    batch(() => {
      review.aside.value = aside;
      review.corrected.value = corrected;
    });
  }

  /**
   * Give each picture of the contact sheet the class shown for it, in one gesture. Pictures that
   * are set aside get no label. Then load the next sheet.
   *
   * If the sheet was shown for too short a time to look at its pictures, and nothing was corrected,
   * only items without a label get one, and it counts as an accepted prediction.
   */
  confirm(): boolean {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status !== "open" || !this.host.allowed()) return false;
    const corrected = review.corrected.peek();
    const aside = review.aside.peek();
    let labels = sheetLabels(sheet, corrected, aside);
    if (labels.items.length === 0 && aside.size === 0) {
      this.host.note(NOTHING_TO_CONFIRM);
      return false;
    }
    const unseen =
      corrected.size + aside.size === 0 && isTooFast(sheet, performance.now() - this.shownAt);
    if (unseen) {
      labels = sheetLabels(sheet, corrected, labelledItems(sheet));
      this.host.note(unseenText(labels.items.length));
      if (labels.items.length === 0) return false;
    }
    const { items, classIds, changed } = labels;
    const mine = ++this.asked;
    review.sheet.value = { ...sheet, status: "busy" };
    const provenance: Provenance = unseen
      ? { tool: "accept", note: "a sheet, confirmed without a look" }
      : {
          tool: "sheet",
          verified: true,
          note: `${items.length} looked at, ${changed === 0 ? "none" : changed} changed`,
        };
    const saved = items.length
      ? this.host.labelEach(items, classIds, provenance)
      : Promise.resolve(true);
    void saved.then((accepted) => {
      if (mine !== this.asked) return;
      if (!accepted) {
        review.sheet.value = { ...sheet, status: "open" };
        return;
      }
      review.corrected.value = new Map();
      void this.load(sheet.kind, "");
    });
    return items.length > 0;
  }

  /** Show items outside the queue, which the server sends when the queue is empty. */
  goOn(): void {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status === "done" && sheet.items.length > 0) this.show({ ...sheet, status: "open" });
  }

  private async load(kind: SheetKind, reason: string): Promise<void> {
    const { review } = this.state;
    const mine = ++this.asked;
    const before = review.sheet.peek();
    if (before) review.sheet.value = { ...before, status: "busy" };
    const aside = review.aside.peek();
    try {
      const size = Math.min(MAX_SHEET_SIZE, SHEET_SIZE + aside.size);
      const answer = await this.ask.sheet(kind, size);
      if (mine !== this.asked) return;
      const items = withoutSetAside(answer.items, aside);
      const left = Math.max(0, answer.total - aside.size);
      this.show({
        kind,
        items,
        total: left,
        expectedWrong:
          answer.expected_wrong === null ? null : items.reduce((sum, { doubt }) => sum + doubt, 0),
        reason,
        status: left === 0 || items.length === 0 ? "done" : "open",
      });
    } catch (error) {
      if (mine !== this.asked) return;
      this.close();
      this.host.note(`The sheet could not be fetched: ${messageOf(error)}`);
    }
  }

  private show(sheet: OpenSheet): void {
    const { review, selection, latent, xr } = this.state;
    const items = Uint32Array.from(
      sheet.status === "done" ? [] : sheet.items.map(({ item }) => item),
    ).sort();
    batch(() => {
      this.marked = items;
      selection.value = { items, regions: [], tool: "sheet", revision: latent.revision };
      review.at.value = xr.presenting.peek() ? NO_PICTURE : 0;
      review.sheet.value = sheet;
    });
    this.shownAt = performance.now();
  }

  /** Item of the current picture; -1 if no picture can be corrected. */
  private current(): number {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    return sheet?.status === "open" ? (sheet.items[review.at.peek()]?.item ?? -1) : -1;
  }

  // Next, grow, accept ---------------------------------------------------------------------------

  /** Request a suggestion, select its region or open its sheet, and show the reason. */
  async next(): Promise<void> {
    if (!this.host.allowed()) return;
    const { selection, latent } = this.state;
    const mine = ++this.asked;
    try {
      const { kind, items, class_id, reason } = await this.ask.next();
      if (mine !== this.asked) return;
      if (kind === "suspects" || kind === "uncertain") this.open(kind, reason);
      else if (kind === "done") this.host.note(reason);
      else {
        this.close();
        selection.value = {
          items: Uint32Array.from(items).sort(),
          regions: [],
          tool: "cluster",
          revision: latent.revision,
          reason,
          unexplained: class_id < 0,
          note: "suggested region",
        };
      }
    } catch (error) {
      if (mine === this.asked)
        this.host.note(`The suggestion could not be fetched: ${messageOf(error)}`);
    }
  }

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
    const known = knownInstead(this.state.review.quality.peek());
    if (known) {
      this.host.note(`Predictions can be accepted when every class has a label: ${known}.`);
      return false;
    }
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
}
