/**
 * Tiles must be large enough for a finger, must not overlap, and must be inside the palette. Each
 * class must be on exactly one page.
 */
import { describe, expect, it } from "vitest";
import {
  classesPerPage,
  forceTiles,
  GAP,
  MARGIN,
  MOST_TILES,
  menuTiles,
  nameTiles,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  pagesOf,
  paletteTiles,
  peoplePagesOf,
  peopleTiles,
  reviewTiles,
  type Tile,
  tileAt,
  timeTiles,
  wordPagesOf,
} from "../../../../src/scene/xr/boards/palette-layout.js";

const apart = (a: Tile, b: Tile): number =>
  Math.max(
    Math.max(a.x - b.x - b.width, b.x - a.x - a.width),
    Math.max(a.y - b.y - b.height, b.y - a.y - a.height),
  );

function expectReachable(tiles: readonly Tile[]): void {
  expect(tiles.length).toBeLessThanOrEqual(MOST_TILES);
  for (const a of tiles) {
    expect(Math.min(a.width, a.height)).toBeGreaterThanOrEqual(30);
    expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(MARGIN);
    expect(a.x + a.width).toBeLessThanOrEqual(PALETTE_WIDTH - MARGIN + 1e-9);
    expect(a.y + a.height).toBeLessThanOrEqual(PALETTE_HEIGHT - MARGIN + 1e-9);
    for (const b of tiles) if (a !== b) expect(apart(a, b)).toBeGreaterThanOrEqual(GAP - 1e-9);
  }
}

const WAYS = ["type", "speak", "number"] as const;

it.each([
  ["more", menuTiles()],
  ["time", timeTiles()],
  ["force", forceTiles(false)],
  ["force, with a fix", forceTiles(true)],
  ["review", reviewTiles()],
  ["more, with other people", menuTiles(true)],
  ["review, with conflicts", reviewTiles(true)],
  ["class names", nameTiles(30, 4, WAYS)],
  ["class names without words", nameTiles(0, 0, ["number"])],
])("the side of %s has few tiles that are large and apart", (_, tiles) => {
  const kinds = tiles.map(({ action }) => (action.kind === "word" ? action.place : action.kind));
  expect(new Set(kinds).size).toBe(tiles.length);
  expect(kinds.at(-1)).toBe("back");
  expectReachable(tiles);
});

it("the tiles that clear and that suggest the next step are not side by side", () => {
  const tiles = [menuTiles(), reviewTiles(), paletteTiles(10, 0)];
  for (const side of tiles) {
    const [clear, next] = ["clear", "next"].map((kind) => side.find((t) => t.action.kind === kind));
    if (clear && next) expect(apart(clear, next)).toBeGreaterThan(30);
  }
  expect(tiles[0]?.some(({ action }) => action.kind === "clear")).toBe(true);
});

it.each([0, 1, 8, 9, 20])("each of %i people is on exactly one page", (count) => {
  const people = Array.from({ length: count }, (_, k) => ({ client_id: `d${k}.a` }));
  const pages = Array.from({ length: peoplePagesOf(count) }, (_, page) =>
    peopleTiles(people, page, page === 0),
  );
  pages.forEach((tiles, page) => {
    expectReachable(tiles);
    const kinds = tiles.map(({ action }) => action.kind);
    expect(kinds.slice(-4)).toEqual(["come", "lead", page === 0 ? "stay" : "rename", "back"]);
    expect(kinds.includes("morePeople")).toBe(pages.length > 1);
  });
  const shown = pages.flatMap((tiles) =>
    tiles.flatMap(({ action }) => (action.kind === "person" ? [action.clientId] : [])),
  );
  expect(shown).toEqual(people.map(({ client_id }) => client_id));
});

it("each word for a class name is on one page", () => {
  const pages = Array.from({ length: wordPagesOf(30) }, (_, page) => nameTiles(30, page, WAYS));
  const words = pages.flatMap((tiles) =>
    tiles.flatMap(({ action }) => (action.kind === "word" ? [action.place] : [])),
  );
  expect(words).toEqual(Array.from({ length: 30 }, (_, k) => k));
});

describe.each([0, 1, 9, 10, 11, 27, 1024])("with %i classes", (classes) => {
  const pages = Array.from({ length: pagesOf(classes) }, (_, page) => paletteTiles(classes, page));
  it("there are at most 12 tiles, of at least 30 mm with 8 mm between them", () => {
    for (const tiles of pages) expectReachable(tiles);
  });
  it("the last row has undo and the menu, or a new class and the way back", () => {
    for (const [page, tiles] of pages.entries()) {
      expect(tiles.slice(-2).map(({ action }) => action.kind)).toEqual(["undo", "menu"]);
      const naming = paletteTiles(classes, page, true);
      expect(naming.slice(-2).map(({ action }) => action.kind)).toEqual(["new", "back"]);
      expectReachable(naming);
    }
  });
  it("each class is on exactly one page, and several pages have a tile to the next", () => {
    const shown = pages.flatMap((tiles) =>
      tiles.flatMap(({ action }) => (action.kind === "class" ? [action.classId] : [])),
    );
    expect(shown).toEqual(Array.from({ length: classes }, (_, k) => k));
    for (const tiles of pages)
      expect(tiles.some(({ action }) => action.kind === "more")).toBe(classes > classesPerPage(0));
    expect(paletteTiles(classes, pages.length)).toEqual(pages[0]);
  });
  it("tiles are found at their middles, and not between two tiles", () => {
    for (const tiles of pages)
      for (const tile of tiles) {
        expect(tileAt(tiles, tile.x + tile.width / 2, tile.y + tile.height / 2)).toBe(tile);
        expect(tileAt(tiles, tile.x - 5, tile.y + tile.height / 2, 4)).not.toBe(tile);
      }
  });
});
