/**
 * Requests for tiles. The most needed tile is requested first. A request is cancelled when the view
 * no longer needs its tile.
 */
import type { Tile } from "./tileset.js";

/** Largest number of requests at the same time. */
const PARALLEL = 6;
/** Time after a failed request before the tile is requested again, ms. */
const RETRY_MS = 5000;

/** Fetch and decode a tile. */
export type FetchTile<T> = (tile: Tile, signal: AbortSignal) => Promise<T>;

export class TileRequests<T> {
  private readonly running = new Map<Tile, AbortController>();
  private readonly failed = new Map<Tile, number>();
  private readonly arrived: { tile: Tile; content: T }[] = [];

  /** `onError`: called with the error of a request that was not cancelled. */
  constructor(
    private readonly fetchTile: FetchTile<T>,
    private readonly onArrived: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Request tiles in place of those requested before.
   *
   * @param missing tiles that are needed and not loaded, the most needed tile first
   * @param now time, ms
   */
  request(missing: readonly Tile[], now: number): void {
    const wanted = new Set(missing);
    for (const [tile, abort] of this.running) if (!wanted.has(tile)) abort.abort();
    for (const { tile } of this.arrived) wanted.delete(tile);
    for (const tile of wanted) {
      if (this.running.size >= PARALLEL) break;
      const failed = this.failed.get(tile) ?? Number.NEGATIVE_INFINITY;
      if (this.running.has(tile) || now < failed + RETRY_MS) continue;
      void this.run(tile, now);
    }
  }

  /**
   * Number of running requests, plus the number of arrived tiles that `take` has not returned yet.
   */
  get pending(): number {
    return this.running.size + this.arrived.length;
  }

  /** Take a tile that has arrived; undefined if there is none. */
  take(): { tile: Tile; content: T } | undefined {
    return this.arrived.shift();
  }

  private async run(tile: Tile, now: number): Promise<void> {
    const abort = new AbortController();
    this.running.set(tile, abort);
    try {
      const content = await this.fetchTile(tile, abort.signal);
      if (!abort.signal.aborted) this.arrived.push({ tile, content });
      this.failed.delete(tile);
    } catch (error) {
      if (!abort.signal.aborted) {
        this.failed.set(tile, now);
        this.onError(error);
      }
    } finally {
      this.running.delete(tile);
      this.onArrived();
    }
  }
}
