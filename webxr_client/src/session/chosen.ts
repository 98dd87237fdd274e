/**
 * Items of a command. A few items are listed in the command. More items are uploaded as a selection
 * before the command, into a slot of the connection (a numbered place on the server). The command
 * names the slot.
 */
import type { Upload } from "../net/unanswered.js";
import { packItems, type Values } from "../protocol/item-sets.js";
import { MAX_REGIONS, type Region } from "../protocol/messages.js";
import { MOST_LISTED } from "../state/commands.js";
import { ascending } from "../state/item-lists.js";

/** Largest number of coordinates in the regions of a label. Their JSON has at most 0.5 MB. */
const MOST_COORDINATES = 20_000;
/** Slot of the connection for the items of a command. */
export const COMMAND_SLOT = 0;
/**
 * Slot of the connection for the items of a drag. The items stay in this slot while commands use
 * the other slot.
 */
export const DRAG_SLOT = 1;

/** Return an upload of items, ascending, with one class or one point per item. */
export const upload = (slot: number, items: Uint32Array, values: Values | null = null): Upload => ({
  slot,
  packed: packItems(items, values),
});

/**
 * Return the fields of a command that choose `items`, and what to upload before the command.
 */
export function chosen(
  items: Uint32Array,
  slot = COMMAND_SLOT,
): { fields: { items?: number[]; selection?: number }; uploads: Upload[] } {
  if (items.length <= MOST_LISTED) return { fields: { items: Array.from(items) }, uploads: [] };
  return { fields: { selection: slot }, uploads: [upload(slot, ascending(items))] };
}

/** Return the newest regions of a selection, as many as a message may have. */
export function newestRegions(regions: readonly Region[]): Region[] {
  let coordinates = 0;
  let from = regions.length;
  while (from > Math.max(0, regions.length - MAX_REGIONS)) {
    coordinates += regions[from - 1]!.polygon.length;
    if (coordinates > MOST_COORDINATES) break;
    from -= 1;
  }
  return regions.slice(from);
}
