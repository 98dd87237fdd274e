/**
 * A scene in tiles, of which only a part is loaded. The points of such a scene have slots: places
 * in the arrays of the page. A slot is used like the number of an item, but its item changes.
 */
import type { ItemInfo } from "../protocol/messages.js";

export interface Tiled {
  /** Number of the item in a slot. */
  itemOf(slot: number): number;
  /** Id, path and columns of the item in a slot. */
  infoOf(slot: number): Promise<ItemInfo>;
  /** Address of the picture of the item in a slot; "" if only its thumbnail exists. */
  pictureUrl(slot: number): string;
  /** File with the pictures of the 4,096 slots of a page. */
  pageFile(page: number): Promise<Blob>;
  /** Slots of the loaded items whose id or columns contain a text. */
  search(text: string): Promise<number[]>;
}
