import { describe, expect, it } from "vitest";
import { ascending, combine, common } from "../../src/state/item-lists.js";

describe("combine", () => {
  const base = Uint32Array.of(1, 3, 5);
  it("adds, ascending and without duplicates", () => {
    expect(Array.from(combine(base, Uint32Array.of(2, 3, 10), false))).toEqual([1, 2, 3, 5, 10]);
  });
  it("gives the same result as sets, for any two ascending lists", () => {
    const some = (seed: number) =>
      Uint32Array.from({ length: 500 }, (_, k) => k).filter((k) => (k * seed) % 7 < 3);
    for (const [a, b] of [
      [some(3), some(5)],
      [some(2), new Uint32Array(0)],
      [new Uint32Array(0), some(4)],
    ] as const) {
      const both = [...new Set([...a, ...b])].sort((x, y) => x - y);
      expect(Array.from(combine(a, b, false))).toEqual(both);
      expect(combine(a, b, true)).toEqual(a.filter((item) => !b.includes(item)));
      expect(common(a, b)).toEqual(a.filter((item) => b.includes(item)));
    }
  });
  it("subtracts", () => {
    expect(Array.from(combine(base, Uint32Array.of(3, 4), true))).toEqual([1, 5]);
  });
});

describe("ascending", () => {
  it("sorts a list and removes repeated items, if it must", () => {
    expect(ascending(Uint32Array.of(5, 100, 5, 20))).toEqual(Uint32Array.of(5, 20, 100));
    const sorted = Uint32Array.of(1, 2, 30);
    expect(ascending(sorted)).toBe(sorted);
    expect(ascending(new Uint32Array(0)).length).toBe(0);
  });
});
