import { describe, expect, it } from "vitest";
import { infoOf, matching, type SiteItems } from "../../src/net/site.js";

const ITEMS: SiteItems = {
  ids: ["b0", "b1", "B10"],
  paths: ["north/0.png", "south/1.png", "south/10.png"],
  columns: { place: ["Saarbrücken", "Oldenburg", ""], "odd:name": ["x", "y", "z"] },
};

describe("matching", () => {
  it.each([
    ["b1", [1, 2]],
    ["SOUTH", [1, 2]],
    ["saarBRÜCKEN", [0]],
    ["place:olden", [1]],
    ["id:b1", [1, 2]],
    ["path:10", [2]],
    ["nowhere:olden", []],
    ["odd:name", []],
    ["zebra", []],
  ])("finds %s", (text, found) => {
    expect(matching(ITEMS, text)).toEqual(found);
  });
});

describe("infoOf", () => {
  it("returns the fields of the files, and defaults for missing fields", () => {
    const info = infoOf(ITEMS, 1);
    expect(info.id).toBe("b1");
    expect(info.path).toBe("south/1.png");
    expect(info.columns).toEqual([
      { name: "place", value: "Oldenburg" },
      { name: "odd:name", value: "y" },
    ]);
    expect(info.start).toBeNull();
    expect(infoOf({ ids: ["a"] }, 0).columns).toEqual([]);
  });
});
