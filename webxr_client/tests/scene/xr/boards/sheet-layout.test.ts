/**
 * Pictures and tiles of a contact sheet must be large enough for a finger, must not overlap, and
 * must be inside the board.
 */
import { describe, expect, it } from "vitest";
import { type Tile, tileAt } from "../../../../src/scene/xr/boards/palette-layout.js";
import {
  PICTURE,
  SHEET_HEIGHT,
  SHEET_WIDTH,
  sheetTiles,
} from "../../../../src/scene/xr/boards/sheet-layout.js";

const items = Array.from({ length: 27 }, (_, item) => ({
  item,
  class_id: -1,
  prediction: 0,
  confidence: 1,
  doubt: 0,
  proposed: 0,
  group: 0,
}));
const placeOf = ({ action }: Tile) => (action.kind === "picture" ? action.place : -1);

describe.each([27, 10, 1])("with %i pictures", (count) => {
  const tiles = sheetTiles({ items: items.slice(0, count), status: "open" });
  it("each has a place, row by row, above the actions", () => {
    const pictures = tiles.filter(({ action }) => action.kind === "picture");
    expect(pictures.map(placeOf)).toEqual(Array.from({ length: count }, (_, k) => k));
    pictures.slice(1).forEach(({ x, y }, k) => {
      const before = pictures[k] as Tile;
      expect(y > before.y || (y === before.y && x > before.x)).toBe(true);
    });
    expect(tiles.slice(count).map(({ action }) => action.kind)).toEqual([
      "confirm",
      "group",
      "aside",
      "close",
    ]);
  });
  it("tiles are at least 30 mm with 8 mm between them, and on the board", () => {
    for (const a of tiles) {
      expect(Math.min(a.width, a.height)).toBeGreaterThanOrEqual(30);
      expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(10);
      expect(a.x + a.width).toBeLessThanOrEqual(SHEET_WIDTH - 10);
      expect(a.y + a.height).toBeLessThanOrEqual(SHEET_HEIGHT - 10);
      expect(tileAt(tiles, a.x + PICTURE / 2, a.y + PICTURE / 2)).toBe(a);
      for (const b of tiles) {
        const apartX = Math.max(a.x - b.x - b.width, b.x - a.x - a.width);
        const apartY = Math.max(a.y - b.y - b.height, b.y - a.y - a.height);
        if (a !== b) expect(Math.max(apartX, apartY)).toBeGreaterThanOrEqual(8 - 1e-9);
      }
    }
  });
});

it("a finished sheet offers the next doubtful items, if there are any", () => {
  const kinds = (count: number) =>
    sheetTiles({ items: items.slice(0, count), status: "done" }).map(({ action }) => action.kind);
  expect(kinds(27)).toEqual(["goOn", "close"]);
  expect(kinds(0)).toEqual(["close"]);
});
