/**
 * Places for the items of loaded tiles in arrays of a fixed size. A slot is the place of an item. A
 * tile has blocks of slots, and keeps them until another tile needs the space.
 */
import { BLOCK } from "../../state/item-blocks.js";
import type { Tile } from "./tileset.js";

export class SlotPool {
  /** Tile of each block; null for a free block. */
  readonly tiles: (Tile | null)[];
  /** Number of the block among the blocks of its tile. */
  readonly parts: Uint8Array;
  private readonly free: number[];
  /** Blocks of each loaded tile; the tile that was not used for the longest time is first. */
  private readonly loaded = new Map<Tile, readonly number[]>();

  /** `onGone`: called with each block that loses its tile. */
  constructor(
    readonly blocks: number,
    private readonly onGone: (block: number) => void = () => {},
  ) {
    this.tiles = Array(blocks).fill(null);
    this.parts = new Uint8Array(blocks);
    this.free = Array.from({ length: blocks }, (_, k) => blocks - 1 - k);
  }

  /** Blocks of a tile; undefined if the tile is not loaded. */
  blocksOf(tile: Tile): readonly number[] | undefined {
    return this.loaded.get(tile);
  }

  /** Loaded tiles; the tile that was not used for the longest time is first. */
  get loadedTiles(): Iterable<Tile> {
    return this.loaded.keys();
  }

  /**
   * Count the loaded tiles of `tiles` as used now. Tiles at the beginning of the list are kept
   * longest.
   */
  use(tiles: readonly Tile[]): void {
    for (let k = tiles.length - 1; k >= 0; k--) {
      const blocks = this.loaded.get(tiles[k]!);
      if (!blocks) continue;
      this.loaded.delete(tiles[k]!);
      this.loaded.set(tiles[k]!, blocks);
    }
  }

  /**
   * Give blocks to a tile, in place of tiles that were not used for the longest time.
   *
   * @param keep tiles that must not be replaced
   * @returns the blocks; null if there is no space
   */
  take(tile: Tile, keep: ReadonlySet<Tile>): readonly number[] | null {
    const wanted = blocksFor(tile);
    for (const old of this.loaded.keys()) {
      if (this.free.length >= wanted) break;
      if (!keep.has(old)) this.remove(old);
    }
    if (this.free.length < wanted) return null;
    const blocks = Array.from({ length: wanted }, () => this.free.pop()!);
    blocks.forEach((block, part) => {
      this.tiles[block] = tile;
      this.parts[block] = part;
    });
    this.loaded.set(tile, blocks);
    return blocks;
  }

  /** Number of items in a block. */
  countIn(block: number): number {
    const tile = this.tiles[block];
    return tile ? Math.min(BLOCK, tile.count - BLOCK * this.parts[block]!) : 0;
  }

  /** Number of the item in a slot; -1 for an empty slot. */
  itemOf(slot: number): number {
    const block = Math.floor(slot / BLOCK);
    const tile = this.tiles[block];
    return tile ? tile.first + BLOCK * this.parts[block]! + (slot % BLOCK) : -1;
  }

  /** Slot of an item of `tile`; -1 if the tile is not loaded. */
  slotOf(tile: Tile, item: number): number {
    const at = item - tile.first;
    const block = this.loaded.get(tile)?.[Math.floor(at / BLOCK)];
    return block === undefined ? -1 : block * BLOCK + (at % BLOCK);
  }

  private remove(tile: Tile): void {
    for (const block of this.loaded.get(tile) ?? []) {
      this.tiles[block] = null;
      this.free.push(block);
      this.onGone(block);
    }
    this.loaded.delete(tile);
  }
}

/** Number of blocks that a tile needs. */
export const blocksFor = (tile: Tile): number => Math.ceil(tile.count / BLOCK);
