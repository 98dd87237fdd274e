/** Where the tiles of the palette are, in millimetres from its top left. At least 30 mm with 10 mm gaps, so that a finger meets one. */

export type TileAction =
  | { kind: "class"; classId: number }
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
        | "mend"
        | "decode";
    };

export interface Tile {
  action: TileAction;
  x: number;
  y: number;
  width: number;
  height: number;
}

export const PALETTE_WIDTH = 240;
export const PALETTE_HEIGHT = 204;
export const COLUMNS = 5;
const MARGIN = 10;
const GAP = 10;
const TILE_WIDTH = (PALETTE_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS;
const TILE_HEIGHT = 31;
const ACTION_HEIGHT = 30;
/** Under the two lines of the head. */
const FIRST_ROW = 38;
const CLASS_ROWS = 2;

const ACTIONS = [
  ["undo", "redo", "pause", "new", "clear"],
  ["subtract", "cluster", "smaller", "larger", "time"],
] as const;

/** The other side of the palette: time and force. Above these rows lies the timeline. */
const TIME_ACTIONS = [
  ["before", "play", "after", "live", "speed"],
  ["softer", "stiffer", "preset", "arrows", "trails"],
  ["undo", "unpin", "decode", "swap", "back"],
] as const;

/** How many classes a page of the palette has, if there are `classes`: the last tile leads on where there are too many. */
export function classesAPage(classes: number): number {
  const places = COLUMNS * CLASS_ROWS;
  return classes <= places ? places : places - 1;
}

export function pagesOf(classes: number): number {
  return Math.max(1, Math.ceil(classes / classesAPage(classes)));
}

export function paletteTiles(classes: number, page: number): Tile[] {
  const tiles: Tile[] = [];
  const put = (action: TileAction, column: number, y: number, height: number) =>
    tiles.push({ action, x: MARGIN + column * (TILE_WIDTH + GAP), y, width: TILE_WIDTH, height });
  const places = classesAPage(classes);
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
      put({ kind }, column, actionsY + r * (ACTION_HEIGHT + GAP), ACTION_HEIGHT);
    });
  });
  return tiles;
}

/** Time and force: the timeline to be scrubbed, transport, dials. `mend`: what went wrong can be mended, which counts more than trails. */
export function timeTiles(mend: boolean): Tile[] {
  const tiles: Tile[] = [
    {
      action: { kind: "scrub" },
      x: MARGIN,
      y: FIRST_ROW,
      width: PALETTE_WIDTH - 2 * MARGIN,
      height: TILE_HEIGHT,
    },
  ];
  TIME_ACTIONS.forEach((row, r) => {
    row.forEach((kind, column) => {
      tiles.push({
        action: { kind: mend && kind === "trails" ? "mend" : kind },
        x: MARGIN + column * (TILE_WIDTH + GAP),
        y: FIRST_ROW + (r + 1) * (TILE_HEIGHT + GAP),
        width: TILE_WIDTH,
        height: ACTION_HEIGHT,
      });
    });
  });
  return tiles;
}

/** The tile at a place of the palette (millimetres), `reach` beside it included; null for none. */
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
