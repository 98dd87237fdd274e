/**
 * The points of a scene in tiles. It requests the tiles that the view needs, keeps them in slots of
 * the page's arrays, and draws the tiles in view in one draw call.
 */
import type { SceneFile } from "../../protocol/scene-file.js";
import type { Annotations } from "../../state/annotations.js";
import { BLOCK, blockChanged } from "../../state/item-blocks.js";
import type { LatentState } from "../../state/latent-state.js";
import { LEAST_PIXELS, NEAR_BRUSH, type ShownView } from "../cloud/page-demand.js";
import type { PointCloud } from "../cloud/point-cloud.js";
import { blocksFor, SlotPool } from "./slot-pool.js";
import { type FetchTile, TileRequests } from "./tile-requests.js";
import type { Tile, Tileset } from "./tileset.js";
import { type Budget, distanceTo, neededTiles, type TileView } from "./traversal.js";

/** Shortest time between two choices of tiles, ms. */
const CHOICE_MS = 100;
/** Number of arrived tiles that are put into the arrays before one frame. */
const TILES_PER_FRAME = 2;
/**
 * Factor by which more blocks are allocated than the budget of points fills, because the last block
 * of each tile is only partly full.
 */
const SPARE = 1.7;

/** The points of one tile, four numbers per position. */
export type TileContent = Pick<SceneFile, "n" | "positions" | "labels" | "predictions"> &
  Pick<SceneFile, "confidence">;

export interface TiledParts {
  latent: LatentState;
  annotations: Annotations;
  cloud: PointCloud;
  /** Called with each block of slots before its items change. */
  onBlock(block: number): void;
  /** Called with each tile after its items were put into the arrays. */
  onPut(tile: Tile): void;
  onError(error: unknown): void;
}

export class TiledCloud {
  readonly pool: SlotPool;
  /** Tiles that are drawn, the most needed tile first. */
  drawn: readonly Tile[] = [];
  /** Number of tiles that the view needs and that are not loaded. */
  missing = 0;
  private needed: readonly Tile[] = [];
  private readonly requests: TileRequests<TileContent>;
  private readonly order: Uint32Array;
  private readonly slots: Uint32Array;
  private chosen = Number.NEGATIVE_INFINITY;
  private stale = true;
  private lastView = "";

  /** `points`: largest number of points that are drawn. The size of the arrays depends on it. */
  constructor(
    readonly tileset: Tileset,
    fetchTile: FetchTile<TileContent>,
    points: number,
    private readonly parts: TiledParts,
  ) {
    const { tiles } = tileset;
    const all = tiles.reduce((sum, tile) => sum + blocksFor(tile), 0);
    const most = Math.ceil((SPARE * points) / BLOCK) + blocksFor(tiles[0]!) + 16;
    this.pool = new SlotPool(Math.min(all, most), (block) => this.clear(block));
    const renew = () => {
      this.stale = true;
    };
    this.requests = new TileRequests(fetchTile, renew, parts.onError);
    this.slots = Uint32Array.from({ length: this.pool.blocks * BLOCK }, (_, slot) => slot);
    this.order = new Uint32Array(this.slots.length);
  }

  /** Positions of a scene without items. */
  emptyPositions(): Uint16Array<ArrayBuffer> {
    const positions = new Uint16Array(4 * BLOCK * this.pool.blocks);
    for (let k = 3; k < positions.length; k += 4) positions[k] = 1;
    return positions;
  }

  /**
   * Put arrived tiles into the arrays, request the tiles that a view needs, and draw those that are
   * loaded. Called before each frame. Returns whether the drawn points have changed.
   */
  update(view: TileView, budget: Budget, now: number): boolean {
    for (let k = 0; k < TILES_PER_FRAME; k++) {
      const next = this.requests.take();
      if (!next) break;
      this.put(next.tile, next.content);
    }
    if (now - this.chosen < CHOICE_MS) return false;
    const key = [...view.clipFromScene, view.pixelsPerMetre, budget.points].join();
    if (key === this.lastView && !this.stale) return false;
    this.lastView = key;
    this.chosen = now;
    this.stale = false;
    this.needed = neededTiles(this.tileset.tiles[0]!, view, budget, this.pool.blocks);
    this.pool.use(this.needed);
    const missing = this.needed.filter((tile) => !this.pool.blocksOf(tile));
    this.missing = missing.length;
    this.requests.request(missing, now);
    // Requests that failed are repeated.
    if (missing.length > 0 && this.requests.pending === 0) this.stale = true;
    return this.draw();
  }

  /** Put a tile into the arrays. */
  put(tile: Tile, content: TileContent): void {
    if (this.pool.blocksOf(tile)) return;
    const blocks = this.pool.take(tile, new Set(this.needed));
    this.stale = true;
    if (!blocks) return;
    const { latent, annotations, cloud } = this.parts;
    blocks.forEach((block, part) => {
      const [first, from] = [block * BLOCK, part * BLOCK];
      const count = this.pool.countIn(block);
      const { positions, labels, predictions, confidence } = content;
      latent.to.set(positions.subarray(4 * from, 4 * (from + count)), 4 * first);
      for (let k = 4 * first + 3; k < 4 * (first + count); k += 4) latent.to[k] = 0;
      annotations.labels.set(labels.subarray(from, from + count), first);
      annotations.predictions.set(predictions.subarray(from, from + count), first);
      annotations.confidence.set(confidence.subarray(from, from + count), first);
      blockChanged(latent, block);
      cloud.replaceItems(first, count);
    });
    latent.replaced += 1;
    this.parts.onPut(tile);
  }

  /** Replace the labels of a loaded tile. */
  setLabels(tile: Tile, labels: Int16Array): void {
    this.pool.blocksOf(tile)?.forEach((block, part) => {
      const count = this.pool.countIn(block);
      const of = labels.subarray(part * BLOCK, part * BLOCK + count);
      this.parts.annotations.labels.set(of, block * BLOCK);
      this.parts.cloud.refreshClasses(block * BLOCK, count);
    });
  }

  /**
   * Blocks of those drawn tiles whose points can have pictures, because the points are large on
   * screen or near the brush.
   */
  blocksWithPictures({ eye, flat, pixels, brush }: ShownView): number[] {
    const near = this.drawn.filter(
      (tile) =>
        pixels >= LEAST_PIXELS * (flat ? 1 : distanceTo(tile, eye)) ||
        (brush.w > 0 && distanceTo(tile, brush) <= NEAR_BRUSH * brush.w),
    );
    return near.flatMap((tile) => this.pool.blocksOf(tile) ?? []);
  }

  /** Draw those needed tiles that are loaded. Returns whether the drawn tiles have changed. */
  private draw(): boolean {
    const drawn: Tile[] = [];
    const shown = new Set<Tile>();
    for (const tile of this.needed) {
      if (!this.pool.blocksOf(tile) || (tile.parent && !shown.has(tile.parent))) continue;
      shown.add(tile);
      drawn.push(tile);
    }
    const { drawn: before, pool, order, slots } = this;
    if (drawn.length === before.length && drawn.every((tile) => before.includes(tile)))
      return false;
    this.drawn = drawn;
    let count = 0;
    for (const tile of drawn)
      for (const block of pool.blocksOf(tile) ?? []) {
        const first = block * BLOCK;
        order.set(slots.subarray(first, first + pool.countIn(block)), count);
        count += pool.countIn(block);
      }
    this.parts.cloud.setDrawn(order, count);
    return true;
  }

  /** Remove the items of a block. */
  private clear(block: number): void {
    const { latent, annotations, onBlock } = this.parts;
    onBlock(block);
    const [first, end] = [block * BLOCK, (block + 1) * BLOCK];
    for (let k = 4 * first + 3; k < 4 * end; k += 4) latent.to[k] = 1;
    annotations.labels.fill(-1, first, end);
    annotations.predictions.fill(-1, first, end);
    blockChanged(latent, block);
    latent.replaced += 1;
  }
}
