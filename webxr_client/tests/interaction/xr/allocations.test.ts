/** The measurement of the memory that frames allocate. */
import { Matrix4 } from "three";
import { expect, it } from "vitest";
import { allocations } from "./allocations.js";

const kept: unknown[] = [null];
let count = 0;

function keep(value: unknown): void {
  kept[0] = value;
}
function allocatesMatrix(): void {
  keep(new Matrix4());
}
function allocatesAtTimes(): void {
  count += 1;
  if (count % 10 === 0) keep({ count });
}

it.each([
  ["a matrix", allocatesMatrix, 64],
  ["a list", () => keep([count, 1]), 40],
  ["a text", () => keep(`${count} items`), 20],
  ["a function", () => keep(() => count), 40],
  ["an object, once in ten frames", allocatesAtTimes, 2],
])("finds %s", (_, frame, limit) => {
  expect(allocations(frame, limit, 3)).not.toEqual([]);
  expect(kept[0]).not.toBeNull();
});

it("names the function that allocates", () => {
  expect(allocations(allocatesMatrix, 64, 3).join()).toContain("allocatesMatrix");
});

it("leaves out numbers", () => {
  const numbers = { product: 0.5 };
  const multiply = () => {
    numbers.product *= 1.000001;
  };
  expect(allocations(multiply, 12)).toEqual([]);
});
