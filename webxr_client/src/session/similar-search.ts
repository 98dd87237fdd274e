/**
 * Search for similar items: those most like the selection, a file, or words. The found items become
 * the selection. A repeated search adds the next items.
 */
import { post, postFile } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import {
  MAX_EXAMPLE_BYTES,
  MAX_LISTED_ITEMS,
  MAX_SIMILAR,
  SIMILAR,
  type SimilarItems,
} from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import { count, items as itemsText } from "../state/format.js";
import { combine } from "../state/item-lists.js";
import type { Notes } from "./notes.js";

/** Examples to which the search finds similar items. */
export type Examples = { items: Uint32Array } | { file: File } | { words: string };

/** Sends a search to the server. `wanted`: number of items to find. */
export type Ask = (examples: Examples, wanted: number) => Promise<SimilarItems>;

const askServer: Ask = (examples, wanted) => {
  if ("file" in examples) {
    const query = `name=${encodeURIComponent(examples.file.name)}&count=${wanted}`;
    return postFile(`/api/similar/file?${query}`, examples.file);
  }
  if ("words" in examples) return post("/api/similar", { words: examples.words, count: wanted });
  return post("/api/similar", { items: Array.from(examples.items), count: wanted });
};

export class SimilarSearch {
  /** Sequence number of the newest search. Answers to earlier searches are ignored. */
  private asked = 0;
  /** The newest search, and the selection that it made; null before a search. */
  private last: { examples: Examples; found: number; made: Uint32Array } | null = null;

  constructor(
    private readonly state: AppState,
    private readonly notes: Pick<Notes, "show" | "fail">,
    private readonly ask: Ask = askServer,
  ) {}

  /** Add the items that are most like the selection, or the next ones of the newest search. */
  more(): Promise<void> {
    const chosen = this.state.selection.peek();
    if (this.last && chosen.items === this.last.made)
      return this.search(this.last.examples, this.last.found + SIMILAR);
    if (chosen.items.length === 0 || chosen.tool === "sheet") {
      this.notes.show("Select items first. The search adds the items that are most like them.");
      return Promise.resolve();
    }
    if (chosen.items.length > MAX_LISTED_ITEMS) {
      this.notes.show(`Select at most ${count(MAX_LISTED_ITEMS)} items to find more like them.`);
      return Promise.resolve();
    }
    return this.search({ items: chosen.items }, SIMILAR);
  }

  /** Select the items that are most like a file, or that words describe best. */
  of(examples: { file: File } | { words: string }): Promise<void> {
    if ("file" in examples && examples.file.size > MAX_EXAMPLE_BYTES) {
      const most = Math.floor(MAX_EXAMPLE_BYTES / (1 << 20));
      this.notes.show(`The file is too large. An example has at most ${most} MB.`);
      return Promise.resolve();
    }
    return this.search(examples, SIMILAR);
  }

  private async search(examples: Examples, wanted: number): Promise<void> {
    const { selection, latent } = this.state;
    const before = selection.peek();
    const mine = ++this.asked;
    let answer: SimilarItems;
    try {
      answer = await this.ask(examples, Math.min(wanted, MAX_SIMILAR));
    } catch (error) {
      if (mine === this.asked) this.notes.fail(`The search failed: ${messageOf(error)}`);
      return;
    }
    // The user may have selected other items since.
    if (mine !== this.asked || selection.peek() !== before) return;
    const found = Uint32Array.from(answer.items).sort();
    const kept = "items" in examples ? examples.items : new Uint32Array(0);
    const items = combine(kept, found, false);
    if (this.last?.examples === examples && items.length === before.items.length) {
      this.notes.show("There are no more items.");
      return;
    }
    const reason = reasonOf(examples, answer, this.state.keys.text("similar"));
    const note = `most similar to ${nameOf(examples)}, by ${answer.space}`.slice(0, 200);
    const regions = "items" in examples ? before.regions : [];
    this.last = { examples, found: found.length, made: items };
    selection.value = {
      ...NOTHING,
      regions,
      items,
      tool: "similar",
      revision: latent.revision,
      note,
      reason,
    };
  }
}

/** Text for what was found, where, and how to find more. `key`: the key of the search, or "". */
function reasonOf(examples: Examples, answer: SimilarItems, key: string): string {
  const found = itemsText(answer.items.length);
  const again = key && ` ${key} adds ${count(SIMILAR)} more.`;
  const of = nameOf(examples);
  const some =
    "items" in examples && answer.examples < examples.items.length
      ? ` Compared with ${count(answer.examples)} of the selected items.`
      : "";
  return `${found} most like ${of}, by ${answer.space}.${some}${again}`;
}

function nameOf(examples: Examples): string {
  if ("file" in examples) return `the file ${examples.file.name}`;
  if ("words" in examples) return `the words “${examples.words}”`;
  const { length } = examples.items;
  return length === 1 ? "the selected item" : `the ${count(length)} selected items`;
}
