/**
 * Layout of the palette, in millimetres from its top left. Tiles are at least 30 mm wide and high,
 * with gaps of 10 mm, so that a finger hits the right tile.
 */

export type PaletteSide = "classes" | "time" | "review";

export type TileAction =
  | { kind: "class"; classId: number }
  | { kind: "picture"; place: number }
  | {
      kind:
        | "more"
        | "undo"
        | "redo"
        | "pause"
        | "new"
        | "clear"
        | "subtract"
        | "cluster"
        | "smaller"
        | "larger"
        | "swap"
        | "time"
        | "back"
        | "scrub"
        | "before"
        | "play"
        | "after"
        | "live"
        | "speed"
        | "softer"
        | "stiffer"
        | "preset"
        | "arrows"
        | "trails"
        | "unpin"
        | "fix"
        | "decode"
        | "review"
        | "suspects"
        | "uncertain"
        | "next"
        | "grow"
        | "accept"
        | "bolder"
        | "surer"
        | "colour"
        | "size"
        | "confirm"
        | "aside"
        | "goOn"
        | "close";
    };

/** A tile of a board. Lengths are millimetres, from the top left of the board. */
export interface Tile {
  action: TileAction;
  x: number;
  y: number;
  width: number;
  height: number;
}

export const PALETTE_WIDTH = 270;
export const PALETTE_HEIGHT = 204;
const COLUMNS = 5;
export const MARGIN = 10;
export const GAP = 10;
const TILE_HEIGHT = 31;
const ACTION_HEIGHT = 30;
/** Top of the first row, under the head. */
export const FIRST_ROW = 38;
/** Distance from the edges of the tile `scrub` to the ends of the timeline in the tile. */
export const TIMELINE_MARGIN = 8;
const CLASS_ROWS = 2;

const ACTIONS = [
  ["undo", "redo", "pause", "new", "clear", "next"],
  ["subtract", "cluster", "smaller", "larger", "time", "review"],
] as const;

/**
 * Rows of tiles on the second side of the palette, for time and force. The timeline is above them.
 */
const TIME_ACTIONS = [
  ["before", "play", "after", "live", "speed"],
  ["softer", "stiffer", "preset", "arrows", "trails"],
  ["undo", "unpin", "decode", "swap", "back"],
] as const;

/** Rows of tiles on the third side of the palette, for review. Quality figures are above them. */
const REVIEW_ACTIONS = [
  ["suspects", "uncertain", "next", "colour", "size"],
  ["bolder", "accept", "surer", "grow", "clear"],
  ["undo", "redo", "pause", "new", "back"],
] as const;

/** Number of class tiles per page. With several pages, the last tile leads to the next page. */
export function classesPerPage(classes: number): number {
  const places = COLUMNS * CLASS_ROWS;
  return classes <= places ? places : places - 1;
}

/** Number of pages of class tiles; at least 1. */
export function pagesOf(classes: number): number {
  return Math.max(1, Math.ceil(classes / classesPerPage(classes)));
}

/**
 * Tiles of the first side of the palette: one page of class tiles, and action tiles. Classes are
 * numbered from 0.
 */
export function paletteTiles(classes: number, page: number): Tile[] {
  const tiles: Tile[] = [];
  const put = (action: TileAction, column: number, y: number, height: number, columns = COLUMNS) =>
    tiles.push({ action, ...inColumn(column, columns), y, height });
  const places = classesPerPage(classes);
  const first = (page % pagesOf(classes)) * places;
  for (let k = 0; k < places && first + k < classes; k++) {
    const row = Math.floor(k / COLUMNS);
    put(
      { kind: "class", classId: first + k },
      k % COLUMNS,
      FIRST_ROW + row * (TILE_HEIGHT + GAP),
      TILE_HEIGHT,
    );
  }
  const lastRow = CLASS_ROWS - 1;
  if (places < COLUMNS * CLASS_ROWS)
    put({ kind: "more" }, COLUMNS - 1, FIRST_ROW + lastRow * (TILE_HEIGHT + GAP), TILE_HEIGHT);
  const actionsY = FIRST_ROW + CLASS_ROWS * (TILE_HEIGHT + GAP) + 4;
  ACTIONS.forEach((row, r) => {
    row.forEach((kind, column) => {
      put({ kind }, column, actionsY + r * (ACTION_HEIGHT + GAP), ACTION_HEIGHT, row.length);
    });
  });
  return tiles;
}

/**
 * Tiles of the second side: timeline, playback, dials. `fixable`: whether a notice describes a
 * problem that a tile can fix; this tile then replaces the tile `trails`.
 */
export function timeTiles(fixable: boolean): Tile[] {
  const tiles: Tile[] = [
    {
      action: { kind: "scrub" },
      x: MARGIN,
      y: FIRST_ROW,
      width: PALETTE_WIDTH - 2 * MARGIN,
      height: TILE_HEIGHT,
    },
  ];
  for (const tile of underHead(TIME_ACTIONS))
    tiles.push(
      fixable && tile.action.kind === "trails" ? { ...tile, action: { kind: "fix" } } : tile,
    );
  return tiles;
}

/** Tiles of the third side of the palette, for review. */
export const reviewTiles = (): Tile[] => underHead(REVIEW_ACTIONS);

type Plain = Exclude<TileAction, { kind: "class" | "picture" }>["kind"];

/** Rows of tiles below the head of the palette. One row between head and tiles stays free. */
function underHead(rows: readonly (readonly Plain[])[]): Tile[] {
  return rows.flatMap((row, r) =>
    row.map((kind, column) => ({
      action: { kind },
      ...inColumn(column, row.length),
      y: FIRST_ROW + (r + 1) * (TILE_HEIGHT + GAP),
      height: ACTION_HEIGHT,
    })),
  );
}

function inColumn(column: number, columns: number): { x: number; width: number } {
  const width = (PALETTE_WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns;
  return { x: MARGIN + column * (width + GAP), width };
}

/** The tile within `reach` of a place on a board, millimetres; null if there is none. */
export function tileAt(tiles: readonly Tile[], x: number, y: number, reach = 0): Tile | null {
  for (const tile of tiles)
    if (
      x >= tile.x - reach &&
      x <= tile.x + tile.width + reach &&
      y >= tile.y - reach &&
      y <= tile.y + tile.height + reach
    )
      return tile;
  return null;
}
