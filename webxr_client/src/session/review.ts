/**
 * Contact sheets (pictures of items that the user corrects and confirms in one gesture), and
 * suggestions of what to label next.
 */
import { batch, effect, untracked } from "@preact/signals";
import { fetchNext, fetchSheet } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import { MAX_SHEET_SIZE, type Provenance, SHEET_SIZE } from "../protocol/messages.js";
import { type AppState, NOTHING, type Selection } from "../state/app-state.js";
import { type ChosenItems, pageOf } from "../state/chosen-sheet.js";
import { endText } from "../state/next-step.js";
import {
  NO_ITEMS,
  NO_PICTURE,
  type OpenSheet,
  type QueueKind,
  sheetLabels,
  withoutSetAside,
} from "../state/review-state.js";
import { NOTHING_TO_CONFIRM, unseenText } from "../state/sheet-text.js";
import type { SheetDecisions } from "./sheet-decisions.js";
import { isTooFast, labelledItems } from "./sheet-look.js";

/** Parts of the session that the review uses. */
export interface ReviewHost {
  /** Whether labels can be changed now. If not, shows the reason. */
  allowed(): boolean;
  /** Show a message to the user. */
  note(message: string): void;
  /** Say that something failed. */
  fail(message: string): void;
  /**
   * Label each item with its own class, as one gesture. Resolves with whether the server accepted
   * the labels.
   */
  labelEach(items: Uint32Array, classIds: Int16Array, provenance: Provenance): Promise<boolean>;
}

/** Longest wait for new predictions after a suggested sheet, ms. */
const LEARNING_MS = 2000;

export class Review {
  /** Sequence number of the newest request. Answers to earlier requests are ignored. */
  private asked = 0;
  /** Items of the open sheet, which are selected in the cloud. */
  private marked: Uint32Array | null = null;
  /** Items whose classes are hidden. */
  private hidden: Uint32Array = NO_ITEMS;
  /** Time at which the open sheet was shown, ms. */
  private shownAt = 0;
  /**
   * Items of the open sheet of chosen items, and the selection before the sheet was opened. Null
   * while no such sheet is open.
   */
  private chosen: (ChosenItems & { before: Selection }) | null = null;

  constructor(
    private readonly state: AppState,
    private readonly host: ReviewHost,
    private readonly decisions: SheetDecisions,
    private readonly ask = { sheet: fetchSheet, next: fetchNext },
  ) {
    // Close the sheet when the user selects other items.
    effect(() => {
      const { items } = state.selection.value;
      if (this.marked && items !== this.marked) this.putAway();
    });
    effect(() => {
      state.labelsVersion.value;
      state.review.ended.value = "";
    });
    effect(() => {
      const items = state.review.blind.value;
      if (items !== this.hidden) untracked(() => this.hide(items));
    });
    effect(() => {
      state.predictionsVersion.value;
      untracked(() => this.reloadWithPredictions());
    });
  }

  /** Hide the classes of the items of a blind sheet, on the page and in VR. */
  private hide(items: Uint32Array): void {
    const { annotations, labelsVersion, predictionsVersion } = this.state;
    this.hidden = items;
    annotations.hide(items);
    labelsVersion.value += 1;
    predictionsVersion.value += 1;
  }

  // Contact sheets -------------------------------------------------------------------------------

  /** Open a contact sheet. */
  open(kind: QueueKind, reason = ""): void {
    if (!this.host.allowed()) return;
    this.state.review.aside.value = new Set();
    void this.load(kind, reason);
  }

  /** Open a sheet of chosen items. When it closes, the current selection returns. */
  openChosen(chosen: ChosenItems): void {
    const { review, selection } = this.state;
    if (chosen.queue.length === 0) return;
    this.asked += 1;
    review.aside.value = new Set();
    this.chosen = { ...chosen, before: this.chosen?.before ?? selection.peek() };
    this.show(pageOf(this.state, this.chosen, 0));
  }

  /** Show the page of a sheet of chosen items that is `by` pages later. */
  turn(by: number): void {
    const page = this.state.review.sheet.peek()?.page;
    const at = (page?.at ?? 0) + by;
    if (!page || !this.chosen || at < 0 || at >= page.of) return;
    this.show(pageOf(this.state, this.chosen, at));
  }

  /** Close the sheet and discard its corrections. */
  close(): void {
    const { review, selection } = this.state;
    this.asked += 1;
    batch(() => {
      this.marked = null;
      if (review.sheet.peek()) selection.value = this.chosen?.before ?? NOTHING;
      this.chosen = null;
      review.sheet.value = null;
    });
    this.decisions.forget();
  }

  /**
   * Fetch the sheet again when the first predictions arrive, unless the user has begun to correct
   * the sheet.
   */
  private reloadWithPredictions(): void {
    const { review, annotations } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status !== "open" || sheet.page || sheet.kind === "double") return;
    if (sheet.items.some(({ prediction }) => prediction >= 0)) return;
    const [given, aside] = [review.given.peek(), review.aside.peek()];
    if (sheet.items.some(({ item }) => given.has(item) || aside.has(item))) return;
    if (sheet.items.some(({ item }) => annotations.predictions[item]! >= 0))
      void this.follow(sheet);
  }

  /** Show the sheet that follows `sheet`. */
  private async follow({ kind, page, reason }: OpenSheet): Promise<void> {
    if (kind === "selection" || kind === "similar") {
      if (page && page.at + 1 < page.of) this.turn(1);
      else this.close();
      return;
    }
    // An overview is useful until every class is known. Then another sheet can be more useful.
    await (kind === "overview" || reason ? this.suggest() : this.load(kind));
  }

  /**
   * Resolve when new predictions arrive, at the latest after LEARNING_MS. The next sheet would have
   * the wrong pictures if it were chosen before the model has learned from the previous sheet.
   */
  private learned(): Promise<void> {
    const { predictionsVersion, training } = this.state;
    const before = predictionsVersion.peek();
    const state = training.peek()?.state;
    if (state !== "running" && state !== "resting") return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), LEARNING_MS);
      const stop = effect(() => {
        if (predictionsVersion.value !== before) queueMicrotask(() => end());
      });
      const end = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
    });
  }

  /**
   * Close the sheet, because the selection has changed. In contrast to `close`, the corrections are
   * kept until the sheet is opened again.
   */
  private putAway(): void {
    const { review } = this.state;
    this.asked += 1;
    this.marked = null;
    this.chosen = null;
    if (review.given.peek().size > 0)
      this.host.note(
        "Nothing was labelled. Your corrections are kept. Open the sheet again to confirm them.",
      );
    review.sheet.value = null;
  }

  /**
   * Give each picture of the contact sheet the class that the sheet shows for the picture, in one
   * gesture. Pictures that are set aside get no label. Then load the next sheet. The gesture of a
   * blind sheet has the pictures set aside, without a class, so that they are not proposed again.
   *
   * A person may confirm a sheet before they can have looked at its pictures. If nothing was
   * corrected on such a sheet, only its items without a label get a label, and these labels count
   * as accepted predictions.
   */
  confirm(): boolean {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status !== "open" || !this.host.allowed()) return false;
    const given = review.given.peek();
    const aside = review.aside.peek();
    const blind = sheet.kind === "double";
    let labels = sheetLabels(sheet, given, aside, blind);
    if (labels.items.length === 0 && aside.size === 0) {
      this.host.note(NOTHING_TO_CONFIRM);
      return false;
    }
    const unseen =
      !sheet.items.some(({ item }) => given.has(item) || aside.has(item)) &&
      isTooFast(sheet, performance.now() - this.shownAt);
    if (unseen) {
      labels = sheetLabels(sheet, given, labelledItems(sheet));
      this.host.note(unseenText(labels.items.length));
      if (labels.items.length === 0) return false;
    }
    const { items, classIds, changed } = labels;
    const mine = ++this.asked;
    review.sheet.value = { ...sheet, status: "busy" };
    const named = review.named.peek();
    const groups = new Set(sheet.items.flatMap((one) => (named.has(one.item) ? [one.group] : [])));
    const inGroups =
      groups.size > 0 ? `, ${groups.size} ${groups.size === 1 ? "group" : "groups"} named` : "";
    const provenance: Provenance = unseen
      ? { tool: "accept", note: "a sheet, confirmed without a look" }
      : {
          tool: "sheet",
          verified: true,
          ...(blind && { blind }),
          note: `${items.length} looked at, ${changed === 0 ? "none" : changed} changed${inGroups}`,
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
      this.decisions.forget(sheet.page && sheet.items);
      void (sheet.reason ? this.learned() : Promise.resolve()).then(() => {
        if (mine === this.asked) void this.follow(sheet);
      });
    });
    return items.length > 0;
  }

  /** Show items outside the queue, which the server sends when the queue is empty. */
  goOn(): void {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    if (sheet?.status === "done" && sheet.items.length > 0) this.show({ ...sheet, status: "open" });
  }

  private async load(kind: QueueKind, reason = "", pictures = SHEET_SIZE): Promise<void> {
    const { review } = this.state;
    const mine = ++this.asked;
    this.chosen = null;
    // The server has received what was set aside on blind sheets, and does not send it again.
    if (kind === "double") review.aside.value = new Set();
    const before = review.sheet.peek();
    if (before) review.sheet.value = { ...before, status: "busy" };
    const aside = review.aside.peek();
    try {
      const size = Math.min(MAX_SHEET_SIZE, pictures + aside.size);
      const answer = await this.ask.sheet(kind, size);
      if (mine !== this.asked) return;
      const items = withoutSetAside(answer, aside, pictures);
      const left = Math.max(0, answer.total - aside.size);
      this.show({
        kind,
        items,
        groups: answer.groups,
        total: left,
        expectedWrong:
          answer.expected_wrong === null ? null : items.reduce((sum, { doubt }) => sum + doubt, 0),
        reason,
        status: left === 0 || items.length === 0 ? "done" : "open",
      });
    } catch (error) {
      if (mine !== this.asked) return;
      this.close();
      this.host.fail(`The sheet could not be fetched: ${messageOf(error)}`);
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
      review.whole.value = sheet.kind === "overview";
      review.sheet.value = sheet;
    });
    this.shownAt = performance.now();
  }

  // Next -----------------------------------------------------------------------------------------

  /** Request a suggestion, select its region or open its sheet, and show the reason. */
  async next(): Promise<void> {
    if (!this.host.allowed()) return;
    this.state.review.aside.value = new Set();
    await this.suggest();
  }

  private async suggest(): Promise<void> {
    const { selection, latent } = this.state;
    const mine = ++this.asked;
    try {
      const { kind, items, reason, size } = await this.ask.next();
      if (mine !== this.asked) return;
      if (kind !== "region" && kind !== "done") void this.load(kind, reason, size);
      else {
        this.close();
        if (kind === "done") {
          this.state.review.ended.value = reason;
          // The panel with the next step shows the reason; VR has no panel.
          const shown = endText(this.state.review.quality.peek(), reason) !== "";
          if (!shown || this.state.xr.presenting.peek()) this.host.note(reason);
          return;
        }
        selection.value = {
          items: Uint32Array.from(items).sort(),
          regions: [],
          tool: "cluster",
          revision: latent.revision,
          reason,
          note: "suggested region",
        };
      }
    } catch (error) {
      if (mine === this.asked)
        this.host.fail(`The suggestion could not be fetched: ${messageOf(error)}`);
    }
  }
}
