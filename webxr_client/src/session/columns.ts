/** Fetches columns of the data for colours and bars. */
import { fetchAxisColumns, fetchColumn } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { AppState } from "../state/app-state.js";
import type { BinnedColumn } from "../state/column-state.js";

/** Largest number of columns whose bars a selection shows. */
const MOST_BARS = 6;

export class Columns {
  private readonly known = new Map<string, Promise<BinnedColumn>>();
  private listed: Promise<void> | null = null;
  /** Number of calls of `colourBy`. */
  private choices = 0;

  constructor(
    private readonly state: AppState,
    private readonly onError: (message: string) => void,
    private readonly ask = { list: fetchAxisColumns, column: fetchColumn },
  ) {}

  /** Fetch the list of columns, once. */
  find(): Promise<void> {
    this.listed ??= this.ask.list().then(
      (columns) => {
        this.state.columns.list.value = columns;
      },
      () => {
        this.listed = null; // the next call tries again
      },
    );
    return this.listed;
  }

  /**
   * Colour the points by a column, unless the user chooses other colours before the values arrive.
   */
  async colourBy(name: string): Promise<void> {
    const { colourBy, columns } = this.state;
    this.choices += 1;
    const [choice, before] = [this.choices, colourBy.peek()];
    const current = () => choice === this.choices && colourBy.peek() === before;
    try {
      const column = await this.read(name);
      if (!current()) return;
      columns.shown.value = column;
      colourBy.value = "column";
    } catch (error) {
      if (!current()) return;
      this.onError(`The column could not be fetched: ${messageOf(error)}`);
    }
  }

  /** Fetch the first columns for the bars of a selection. */
  async findBars(): Promise<void> {
    await this.find();
    const names = (this.state.columns.list.peek() ?? []).slice(0, MOST_BARS);
    const found = await Promise.allSettled(names.map(({ name }) => this.read(name)));
    this.state.columns.bars.value = found.flatMap((one) =>
      one.status === "fulfilled" ? [one.value] : [],
    );
  }

  private read(name: string): Promise<BinnedColumn> {
    const known = this.known.get(name) ?? this.ask.column(name);
    this.known.set(name, known);
    known.catch(() => this.known.delete(name));
    return known;
  }
}
