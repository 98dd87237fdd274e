/** First words of the most typical text of each island, in data whose items are texts. */
import { fetchItemInfo } from "../../net/api.js";
import type { AppState } from "../../state/app-state.js";
import { textOf } from "../../state/item-text.js";
import type { FoundIsland } from "./islands.js";

/** Largest number of characters of a text on an island. */
const MOST = 20;

export class IslandTexts {
  /** Number of texts that have arrived. */
  version = 0;
  /** Text per item; "" until it arrives. */
  private readonly texts = new Map<number, string>();
  private asking = Promise.resolve();

  /** `arrived` is called after each new text. */
  constructor(
    private readonly state: AppState,
    private readonly arrived: () => void,
    private readonly ask: typeof fetchItemInfo = fetchItemInfo,
  ) {}

  /**
   * Text of an island; "" until it arrives. The text of any item of the island is kept, because the
   * medoid changes often while the island moves.
   */
  of({ medoid, items }: FoundIsland): string {
    if (!this.state.session.peek()?.text_column) return "";
    const known = items.find((item) => this.texts.get(item));
    if (known !== undefined) return shortened(this.texts.get(known)!);
    if (!this.texts.has(medoid)) {
      this.texts.set(medoid, "");
      this.asking = this.asking.then(() => this.read(medoid));
    }
    return "";
  }

  private async read(item: number): Promise<void> {
    // Without an answer, the island shows its number of items only.
    const info = await this.ask(item).catch(() => undefined);
    const text = textOf(this.state.session.peek(), info);
    if (!text) return;
    this.texts.set(item, text);
    this.version += 1;
    this.arrived();
  }
}

/** The first words of a text; a longer text ends with an ellipsis. */
export function shortened(text: string): string {
  if (text.length <= MOST) return text;
  const start = text.slice(0, MOST);
  const end = start.lastIndexOf(" ");
  return `${end > MOST / 2 ? start.slice(0, end) : start}…`;
}
