/**
 * Tiles are large enough for a finger, do not overlap, and are on the palette; each class is on one
 * page.
 */
import { describe, expect, it } from "vitest";
import {
  classesPerPage,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  pagesOf,
  paletteTiles,
  reviewTiles,
  tileAt,
  timeTiles,
} from "../../../../src/scene/xr/boards/palette-layout.js";

it.each([
  ["time and force", timeTiles(false)],
  ["time and force, with a fix", timeTiles(true)],
  ["review", reviewTiles()],
])("tiles of the side of %s are large enough and apart", (_, tiles) => {
  expect(new Set(tiles.map(({ action }) => action.kind)).size).toBe(tiles.length);
  for (const a of tiles) {
    expect(Math.min(a.width, a.height)).toBeGreaterThanOrEqual(30);
    expect(a.x + a.width).toBeLessThanOrEqual(PALETTE_WIDTH - 10);
    expect(a.y + a.height).toBeLessThanOrEqual(PALETTE_HEIGHT - 10);
    for (const b of tiles) {
      const apartX = Math.max(a.x - b.x - b.width, b.x - a.x - a.width);
      const apartY = Math.max(a.y - b.y - b.height, b.y - a.y - a.height);
      if (a !== b) expect(Math.max(apartX, apartY)).toBeGreaterThanOrEqual(10 - 1e-9);
    }
  }
});

describe.each([0, 1, 9, 10, 11, 27, 1024])("with %i classes", (classes) => {
  const pages = Array.from({ length: pagesOf(classes) }, (_, page) => paletteTiles(classes, page));
  it("tiles are at least 30 mm with 10 mm between them, and on the palette", () => {
    for (const tiles of pages)
      for (const a of tiles) {
        expect(Math.min(a.width, a.height)).toBeGreaterThanOrEqual(30);
        expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(10);
        expect(a.x + a.width).toBeLessThanOrEqual(PALETTE_WIDTH - 10);
        expect(a.y + a.height).toBeLessThanOrEqual(PALETTE_HEIGHT - 10);
        for (const b of tiles) {
          if (a === b) continue;
          const apartX = Math.max(a.x - b.x - b.width, b.x - a.x - a.width);
          const apartY = Math.max(a.y - b.y - b.height, b.y - a.y - a.height);
          expect(Math.max(apartX, apartY)).toBeGreaterThanOrEqual(10 - 1e-9);
        }
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
