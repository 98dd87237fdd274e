import { expect, it } from "vitest";
import { rowsInView } from "../../../src/ui/kit/list-window.js";

it("renders a short list as a whole", () => {
  expect(rowsInView(60, 300, 100, 20)).toEqual({ first: 0, end: 60, height: 20 });
});

it.each([
  [0, 0, 16],
  [4000, 192, 216],
  [4060, 192, 220],
  [19_900, 984, 1000],
  [50_000, 984, 1000],
  [-80, 0, 16],
])("renders the rows near the view at %i pixels", (top, first, end) => {
  expect(rowsInView(1000, top, 100, 20)).toEqual({ first, end, height: 20 });
});
