/**
 * Search for items. A text is split into words, and an item has to match every word. The page
 * itself answers the words `label:cat`, `predicted:cat` and `is:unlabelled`. For each other word,
 * the server searches ids, paths and columns, and the page searches the class names of the labels.
 */
import { effect, untracked } from "@preact/signals";
import { searchItems } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { ClassInfo, Found } from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import { combine, common } from "../state/item-lists.js";

/** Wait after the last key press before the search starts, ms. */
const PATIENCE_MS = 180;

/** Split a text into words; a part in double quotes is one word. */
export function words(text: string): string[] {
  return [...text.matchAll(/(\S*?)"([^"]*)"?|\S+/g)]
    .map((match) => (match[2] === undefined ? match[0] : `${match[1]}${match[2]}`))
    .filter((word) => word.trim() !== "");
}

/**
 * Items, ascending, whose class has a name that contains `name`. Case is ignored. `classIds`: class
 * per item.
 */
function named(classIds: Int16Array, classes: readonly ClassInfo[], name: string): Uint32Array {
  const wanted = name.toLowerCase();
  const matching = new Set(
    classes
      .filter((info) => !info.removed && info.name.toLowerCase().includes(wanted))
      .map((info) => info.class_id),
  );
  return where(classIds, (classId) => matching.has(classId));
}

/** Items, ascending, for whose class `has` returns true. `classIds`: class per item. */
function where(classIds: Int16Array, has: (classId: number) => boolean): Uint32Array {
  const found: number[] = [];
  classIds.forEach((classId, item) => {
    if (has(classId)) found.push(item);
  });
  return Uint32Array.from(found);
}

/** Items that match a text; `exact`: items whose id is the text. Both ascending. */
interface Matching {
  items: Uint32Array;
  exact: Uint32Array;
}

const NOTHING_FOUND: Matching = { items: new Uint32Array(0), exact: new Uint32Array(0) };
const only = (items: Uint32Array): Matching => ({ ...NOTHING_FOUND, items });

export class Search {
  /** Sequence number of the newest search. Answers to earlier searches are ignored. */
  private asked = 0;
  private timer: number | undefined;

  constructor(
    private readonly state: AppState,
    private readonly ask: (text: string) => Promise<Found> = searchItems,
    private readonly onError: (message: string) => void = () => {},
  ) {
    // A blind sheet hides classes from the searches until it closes.
    effect(() => {
      state.review.blind.value;
      untracked(() => this.find(state.search.peek()?.text ?? ""));
    });
  }

  /** Search for `text` as soon as the user stops typing; "" ends the search. */
  find(text: string): void {
    window.clearTimeout(this.timer);
    this.asked += 1;
    if (!text.trim()) {
      this.state.search.value = null;
      return;
    }
    const before = this.state.search.peek()?.items ?? null;
    this.state.search.value = { text, items: before };
    this.timer = window.setTimeout(() => void this.run(text, this.asked), PATIENCE_MS);
  }

  private async run(text: string, number: number): Promise<void> {
    try {
      const { items, exact } = await this.matching(text);
      if (number === this.asked) this.state.search.value = { text, items, exact };
    } catch (error) {
      if (number !== this.asked) return;
      this.state.search.value = null; // the search failed, so no item is dimmed
      this.onError(`The search failed: ${messageOf(error)}`);
    }
  }

  /** Items that match all words of `text`; `exact`: items whose id is the only word. Ascending. */
  async matching(text: string): Promise<Matching> {
    const found = await Promise.all(words(text).map((word) => this.ofWord(word)));
    const [first, ...others] = found;
    if (!first || others.length === 0) return first ?? NOTHING_FOUND;
    const items = others.reduce((all, { items }) => common(all, items), first.items);
    return { ...NOTHING_FOUND, items };
  }

  private async ofWord(word: string): Promise<Matching> {
    const { annotations, classes } = this.state;
    const [, field, value] = /^(label|predicted|is):(.*)$/i.exec(word) ?? [];
    if (field?.toLowerCase() === "label")
      return only(named(annotations.labels, classes.peek(), value ?? ""));
    if (field?.toLowerCase() === "predicted")
      return only(named(annotations.predictions, classes.peek(), value ?? ""));
    if (field && /^(un)?labell?ed$/i.test(value ?? "")) {
      const wanted = !/^un/i.test(value ?? "");
      return only(where(annotations.labels, (label) => label >= 0 === wanted));
    }
    const found = await this.ask(word);
    const items = Uint32Array.from(found.items);
    return {
      items: combine(items, named(annotations.labels, classes.peek(), word), false),
      exact: Uint32Array.from(found.exact ?? []),
    };
  }
}
