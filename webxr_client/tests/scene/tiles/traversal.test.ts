import { describe, expect, it } from "vitest";
import { readTileset, tileOf, tilePath } from "../../../src/scene/tiles/tileset.js";
import { neededTiles } from "../../../src/scene/tiles/traversal.js";
import { octree, showing } from "./tree.js";

const ids = (tiles: readonly { id: number }[]) => tiles.map(({ id }) => id);

describe("the tree", () => {
  it("has the tiles by number, and finds the tile of an item", () => {
    const { tiles, scene } = octree(3, 100);
    expect([tiles.length, scene.items]).toEqual([73, 7300]);
    expect(tiles.every((tile, k) => tile.id === k)).toBe(true);
    expect([0, 99, 100, 7299].map((item) => tileOf(tiles, item).id)).toEqual([0, 0, 1, 72]);
    expect(tiles[1]!.parent).toBe(tiles[0]);
    expect([tiles[0]!.low, tiles[0]!.high]).toEqual([
      [-0.5, -0.5, -0.5],
      [0.5, 0.5, 0.5],
    ]);
    expect(tilePath(12_345, "-1.webp")).toBe("12/12345-1.webp");
  });

  it("of another program or of a newer format is refused", () => {
    const root = { geometricError: 0, extras: { tile: 0, first: 0, count: 1, low: [], high: [] } };
    expect(() => readTileset({ root })).toThrow("not of Lodespace");
    const lodespace = { ...octree(1, 1).scene, format: 2 };
    expect(() => readTileset({ extras: { lodespace }, root })).toThrow("newer version");
  });
});

describe("the choice of tiles", () => {
  const { tiles } = octree(4, 100);
  const root = tiles[0]!;
  const plenty = { points: 1e9, spacing: 3 };
  const BLOCKS = 1e6;

  it("refines until the points are close on screen", () => {
    // The errors of levels 0 to 2 are 1/32, 1/64 and 1/128 m.
    const counts = [90, 150, 300, 500].map(
      (pixels) => neededTiles(root, showing(-1, 1, pixels), plenty, BLOCKS).length,
    );
    expect(counts).toEqual([1, 9, 73, 585]);
  });

  it("leaves out what is not in view", () => {
    const needed = neededTiles(root, showing(-0.9, -0.3, 300), plenty, BLOCKS);
    expect(needed.slice(1).every(({ low }) => low[0] < -0.2)).toBe(true);
    expect(needed.length).toBe(1 + 4 + 16);
  });

  it("refines what is near first, and stays within the budget", () => {
    const near = { ...showing(-1, 1, 1500), flat: false, eye: { x: 0.45, y: 0.45, z: 0.45 } };
    const needed = neededTiles(root, near, { points: 1200, spacing: 3 }, BLOCKS);
    expect(needed.length).toBe(12);
    const finest = needed.filter(({ error }) => error < 0.02);
    expect(finest.length).toBeGreaterThan(2);
    expect(needed.some(({ low, error }) => error === 0 && low[0] >= 0.24)).toBe(true);
    for (const [k, tile] of needed.entries())
      expect(tile.parent === null || ids(needed.slice(0, k)).includes(tile.parent.id)).toBe(true);
  });

  it("shows the root even if it is larger than the budget", () => {
    expect(ids(neededTiles(root, showing(-1, 1), { points: 5, spacing: 3 }, 1))).toEqual([0]);
  });
});
