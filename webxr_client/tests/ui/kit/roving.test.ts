import { expect, it } from "vitest";
import { moved } from "../../../src/ui/kit/roving.js";

it("arrow keys go round a toolbar", () => {
  expect(moved("ArrowDown", 0, 3)).toBe(1);
  expect(moved("ArrowDown", 2, 3)).toBe(0);
  expect(moved("ArrowUp", 0, 3)).toBe(2);
  expect(moved("End", 0, 3)).toBe(2);
  expect(moved("Home", 2, 3)).toBe(0);
});

it("a key from outside the toolbar begins at its ends", () => {
  expect(moved("ArrowDown", -1, 3)).toBe(0);
  expect(moved("ArrowUp", -1, 3)).toBe(2);
});

it("other keys, and keys in an empty toolbar, do not move the focus", () => {
  expect(moved("l", 0, 3)).toBeNull();
  expect(moved("ArrowDown", -1, 0)).toBeNull();
});

it("in a grid, up and down change the row and stop at the edges", () => {
  expect(moved("ArrowDown", 2, 27, 9)).toBe(11);
  expect(moved("ArrowUp", 11, 27, 9)).toBe(2);
  expect(moved("ArrowUp", 2, 27, 9)).toBe(2);
  expect(moved("ArrowDown", 20, 25, 9)).toBe(20);
  expect(moved("ArrowRight", 8, 27, 9)).toBe(9);
});
