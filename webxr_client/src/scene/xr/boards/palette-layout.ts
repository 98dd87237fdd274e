/**
 * Layout of the palette, in millimetres from its top left. Tiles are at least 30 mm wide and high,
 * with gaps of 8 mm, so that a finger hits the right tile: Meta asks for at least 22 mm for touch.
 * No side has more than 12 tiles, because more cannot be found at a glance.
 *
 * The palette shows one side (group of tiles) at a time. The first side has the tiles that are used
 * most: the classes, undo, and the tile that leads to the other sides.
 */

import type { NameWay } from "../../../state/naming-state.js";

export type PaletteSide = "classes" | "menu" | "review" | "time" | "force" | "names" | "people";

export type TileAction =
  | { kind: "class"; classId: number }
  | { kind: "picture"; place: number }
  | { kind: "word"; place: number }
  | { kind: "person"; clientId: string }
  | {
      kind:
        | "more"
        | "undo"
        | "keep"
        | "redo"
        | "pause"
        | "new"
        | "clear"
        | "subtract"
        | "cluster"
        | "smaller"
        | "larger"
        | "swap"
        | "menu"
        | "time"
        | "force"
        | "rename"
        | "moreWords"
        | "type"
        | "speak"
        | "number"
        | "walk"
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
        | "upright"
        | "tones"
        | "haptics"
        | "fix"
        | "decode"
        | "review"
        | "suspects"
        | "uncertain"
        | "conflicts"
        | "people"
        | "morePeople"
        | "come"
        | "lead"
        | "stay"
        | "next"
        | "grow"
        | "similar"
        | "accept"
        | "bolder"
        | "surer"
        | "colour"
        | "size"
        | "confirm"
        | "group"
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

export const PALETTE_WIDTH = 256;
/** Largest number of tiles on a side. */
export const MOST_TILES = 12;
const CLASS_COLUMNS = 5;
const COLUMNS = 4;
const ROWS = 3;
export const MARGIN = 10;
export const GAP = 8;
export const TILE_HEIGHT = 31;
/** Top of the first row, under the head. */
export const FIRST_ROW = 44;
export const PALETTE_HEIGHT = FIRST_ROW + ROWS * (TILE_HEIGHT + GAP) - GAP + MARGIN;
/** Distance from the edges of the tile `scrub` to the ends of the timeline in the tile. */
export const TIMELINE_MARGIN = 8;
const CLASS_ROWS = 2;
const CLASS_PLACES = CLASS_COLUMNS * CLASS_ROWS;
/** Number of words for class names on a page of the side for names. */
export const WORDS_PER_PAGE = 7;
/** Number of places for people on a page of the side for people. */
const PEOPLE_PLACES = 8;

/** Rows of tiles of the other sides. */
const MENU = [
  ["next", "review", "time", "force"],
  ["cluster", "subtract", "smaller", "larger"],
  ["redo", "rename", "clear", "back"],
] as const;
const TIME = [
  ["before", "play", "after", "live"],
  ["speed", "pause", "walk", "back"],
] as const;
const FORCE = [
  ["softer", "stiffer", "preset", "unpin"],
  ["arrows", "trails", "decode", "swap"],
  ["upright", "tones", "haptics", "back"],
] as const;
const REVIEW = [
  ["suspects", "uncertain", "next", "grow"],
  ["bolder", "accept", "surer", "undo"],
  ["colour", "size", "similar", "back"],
] as const;

/** Number of class tiles per page. With several pages, the last tile leads to the next page. */
export function classesPerPage(classes: number): number {
  return classes <= CLASS_PLACES ? CLASS_PLACES : CLASS_PLACES - 1;
}

/** Number of pages of class tiles; at least 1. */
export function pagesOf(classes: number): number {
  return Math.max(1, Math.ceil(classes / classesPerPage(classes)));
}

/** Number of pages of words; at least 1. */
export function wordPagesOf(words: number): number {
  return Math.max(1, Math.ceil(words / WORDS_PER_PAGE));
}

/**
 * Tiles of the first side of the palette: one page of class tiles, then undo and the menu. Classes
 * are numbered from 0. A tile for a new class follows the last class, if a place is left.
 *
 * `rules`: whether a selection can be kept as a rule, which then has a tile.
 * `naming`: whether the person chooses the class to rename. In this case, the last row has the tile
 * for a new class and the tile that leads back.
 */
export function paletteTiles(classes: number, page: number, naming = false, rules = false): Tile[] {
  const tiles: Tile[] = [];
  const places = classesPerPage(classes);
  const first = (page % pagesOf(classes)) * places;
  const put = (action: TileAction, place: number) =>
    tiles.push({
      action,
      ...inColumn(place % CLASS_COLUMNS, CLASS_COLUMNS),
      ...inRow(Math.floor(place / CLASS_COLUMNS)),
    });
  let place = 0;
  for (; place < places && first + place < classes; place++)
    put({ kind: "class", classId: first + place }, place);
  if (place < places && !naming) put({ kind: "new" }, place);
  if (places < CLASS_PLACES) put({ kind: "more" }, CLASS_PLACES - 1);
  const last = inRow(CLASS_ROWS);
  const kept = rules ? (["keep"] as const) : [];
  const ends = naming ? (["new", "back"] as const) : (["undo", ...kept, "menu"] as const);
  ends.forEach((kind, k) => {
    tiles.push({ action: { kind }, ...inColumn(k, ends.length), ...last });
  });
  return tiles;
}

/**
 * Tiles of the second side: actions on the selection, and tiles that lead to the other sides.
 * `people`: whether other people are connected. Then the side for people has the tile for class
 * names, and its place leads to this side.
 */
export const menuTiles = (people = false): Tile[] =>
  rowsOf(MENU, 0).map((tile) => (people ? replaced(tile, "rename", "people") : tile));

/** Tiles of the side for time: timeline, playback, and pictures decoded between two items. */
export function timeTiles(): Tile[] {
  const width = PALETTE_WIDTH - 2 * MARGIN;
  return [{ action: { kind: "scrub" }, x: MARGIN, width, ...inRow(0) }, ...rowsOf(TIME, 1)];
}

/**
 * Tiles of the side for forces. `fixable`: whether a notice describes a problem that a tile can
 * fix; this tile then replaces the tile `tones`.
 */
export function forceTiles(fixable: boolean): Tile[] {
  return rowsOf(FORCE, 0).map((tile) => (fixable ? replaced(tile, "tones", "fix") : tile));
}

/**
 * Tiles of the side for review. `conflicting`: whether items can have votes for different classes.
 * Then the contact sheet of these items has the place of `next`, which the second side has, too.
 */
export const reviewTiles = (conflicting = false): Tile[] =>
  rowsOf(REVIEW, 0).map((tile) => (conflicting ? replaced(tile, "next", "conflicts") : tile));

/** Number of people on a page. With several pages, the last place leads to the next page. */
const peoplePerPage = (people: number): number =>
  people <= PEOPLE_PLACES ? PEOPLE_PLACES : PEOPLE_PLACES - 1;

/** Number of pages of people; at least 1. */
export const peoplePagesOf = (people: number): number =>
  Math.max(1, Math.ceil(people / peoplePerPage(people)));

/**
 * Tiles of the side for people: one page of the others, then the requests to them.
 * `people`: the others. `called`: whether the request of one of them waits for an answer, which is
 * to touch the tile of this person, or the tile `stay`.
 */
export function peopleTiles(
  people: readonly { client_id: string }[],
  page: number,
  called: boolean,
): Tile[] {
  const each = peoplePerPage(people.length);
  const first = (page % peoplePagesOf(people.length)) * each;
  const at = (place: number) => ({
    ...inColumn(place % COLUMNS, COLUMNS),
    ...inRow(Math.floor(place / COLUMNS)),
  });
  const tiles: Tile[] = people
    .slice(first, first + each)
    .map(({ client_id }, k) => ({ action: { kind: "person", clientId: client_id }, ...at(k) }));
  if (each < PEOPLE_PLACES) tiles.push({ action: { kind: "morePeople" }, ...at(each) });
  return [...tiles, ...rowsOf([["come", "lead", called ? "stay" : "rename", "back"]], 2)];
}

/**
 * Tiles of the side for class names: one page of words, then the other ways to give a name.
 * `words`: number of words. `ways`: the ways that this browser offers.
 */
export function nameTiles(words: number, page: number, ways: readonly NameWay[]): Tile[] {
  const first = (page % wordPagesOf(words)) * WORDS_PER_PAGE;
  const tiles: Tile[] = [];
  const at = (place: number) => ({
    ...inColumn(place % COLUMNS, COLUMNS),
    ...inRow(Math.floor(place / COLUMNS)),
  });
  for (let k = 0; k < WORDS_PER_PAGE && first + k < words; k++)
    tiles.push({ action: { kind: "word", place: first + k }, ...at(k) });
  if (words > WORDS_PER_PAGE) tiles.push({ action: { kind: "moreWords" }, ...at(WORDS_PER_PAGE) });
  ways.forEach((kind, k) => {
    tiles.push({ action: { kind }, ...at(2 * COLUMNS + k) });
  });
  tiles.push({ action: { kind: "back" }, ...at(3 * COLUMNS - 1) });
  return tiles;
}

type Plain = Exclude<TileAction, { kind: "class" | "picture" | "word" | "person" }>["kind"];

/** The tile; with the action `now` if its action is `before`. */
const replaced = (tile: Tile, before: Plain, now: Plain): Tile =>
  tile.action.kind === before ? { ...tile, action: { kind: now } } : tile;

/** Rows of tiles below the head of the palette, from row `first` on. */
function rowsOf(rows: readonly (readonly Plain[])[], first: number): Tile[] {
  return rows.flatMap((row, r) =>
    row.map((kind, column) => ({
      action: { kind },
      ...inColumn(column, COLUMNS),
      ...inRow(first + r),
    })),
  );
}

function inRow(row: number): { y: number; height: number } {
  return { y: FIRST_ROW + row * (TILE_HEIGHT + GAP), height: TILE_HEIGHT };
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
