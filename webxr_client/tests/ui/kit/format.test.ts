import { describe, expect, it } from "vitest";
import { items, percent } from "../../../src/state/format.js";
import { list, loss } from "../../../src/ui/kit/format.js";

describe("numbers as a person reads them", () => {
  it("counts items", () => expect([items(1), items(5000)]).toEqual(["1 item", "5,000 items"]));
  it("writes shares", () =>
    expect([percent(0.974), percent(0.9614, 1)]).toEqual(["97 %", "96.1 %"]));
  it("writes 100 % only for the whole", () =>
    expect([percent(0.997), percent(0.9998, 1), percent(1)]).toEqual(["99 %", "99.9 %", "100 %"]));
  it("lists names as in speech", () => {
    expect([list([]), list(["3"]), list(["3", "8", "9"])]).toEqual(["", "3", "3, 8 or 9"]);
    expect(list(["0", "1", "2", "3", "4", "5"])).toBe("0, 1, 2, 3 or 2 more");
  });
  it("writes losses with two decimals, large ones with fewer", () => {
    expect([153.72, 5.834, 0.2849, Number.NaN].map(loss)).toEqual(["154", "5.83", "0.28", "–"]);
  });
});
