/**
 * Layout of a contact sheet in the room, in millimetres from its top left. Pictures are 32 mm
 * large, with gaps of 8 mm, so that a finger hits the right picture.
 */
import { SHEET_SIZE } from "../../../protocol/messages.js";
import type { OpenSheet } from "../../../state/review-state.js";
import { SHEET_COLUMNS } from "../../../state/sheet-text.js";
import { GAP, MARGIN, type Tile, type TileAction } from "./palette-layout.js";

const ROWS = SHEET_SIZE / SHEET_COLUMNS;
/** Width and height of a picture. */
export const PICTURE = 32;
/** Height of the line with the group name, above each row of pictures. */
const GROUP = 14;
/** Height of the line with the new class, under each picture. */
const FOOT = 16;
const PITCH = GROUP + PICTURE + FOOT;
/** Height of title and reason. */
const HEAD = 39;
const TILE_HEIGHT = 32;
const TILES_Y = HEAD + ROWS * PITCH + GAP - 1;
export const SHEET_WIDTH = 2 * MARGIN + SHEET_COLUMNS * PICTURE + (SHEET_COLUMNS - 1) * GAP;
export const SHEET_HEIGHT = TILES_Y + TILE_HEIGHT + MARGIN;

/** Tiles of the bottom row: the action and the width in columns of each tile. */
const ACTIONS: readonly [TileAction, number][] = [
  [{ kind: "confirm" }, 3],
  [{ kind: "group" }, 2],
  [{ kind: "aside" }, 2],
  [{ kind: "close" }, 2],
];
const DONE_ACTIONS: readonly [TileAction, number][] = [
  [{ kind: "goOn" }, 7],
  [{ kind: "close" }, 2],
];

const columnX = (column: number): number => MARGIN + column * (PICTURE + GAP);

/** One tile per picture, with the line under the picture, then the tiles of the bottom row. */
export function sheetTiles({ items, status }: Pick<OpenSheet, "items" | "status">): Tile[] {
  const done = status === "done";
  const tiles: Tile[] = [];
  if (!done)
    for (let place = 0; place < Math.min(items.length, SHEET_COLUMNS * ROWS); place++)
      tiles.push({
        action: { kind: "picture", place },
        x: columnX(place % SHEET_COLUMNS),
        y: HEAD + GROUP + Math.floor(place / SHEET_COLUMNS) * PITCH,
        width: PICTURE,
        height: PICTURE + FOOT - 1,
      });
  let column = 0;
  for (const [action, wide] of done ? DONE_ACTIONS : ACTIONS) {
    if (action.kind !== "goOn" || items.length > 0)
      tiles.push({
        action,
        x: columnX(column),
        y: TILES_Y,
        width: wide * (PICTURE + GAP) - GAP,
        height: TILE_HEIGHT,
      });
    column += wide;
  }
  return tiles;
}
