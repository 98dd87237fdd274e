/** Columns in bins, for colours and bars. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Columns } from "../../src/session/columns.js";
import { AppState } from "../../src/state/app-state.js";
import {
  type BinnedColumn,
  binColour,
  binCounts,
  itemsOfBin,
} from "../../src/state/column-state.js";
import { classColumn } from "../../src/state/composition.js";

const column = (name: string): BinnedColumn => ({
  name,
  kind: "category",
  bins: ["red", "green", "blue"],
  codes: Uint8Array.of(0, 2, 255, 2, 0),
});
let state: AppState;
beforeEach(() => {
  vi.stubGlobal("navigator", { platform: "" });
  state = new AppState();
});

it("counts and lists the items of a bin, of all items or of a selection", () => {
  const items = Uint32Array.of(1, 2, 4);
  expect(Array.from(binCounts(column("x")))).toEqual([2, 0, 2]);
  expect(Array.from(binCounts(column("x"), items))).toEqual([1, 0, 1]);
  expect(Array.from(itemsOfBin(column("x"), 2))).toEqual([1, 3]);
  expect(Array.from(itemsOfBin(column("x"), 2, items))).toEqual([1]);
});

it("labels are a column with a bin per class, and no bin for unlabelled items", () => {
  const names = Array.from({ length: 300 }, (_, k) => `class ${k}`);
  state.classes.value = names.map((name, class_id) => ({ class_id, name, colour: "#ffffff" }));
  state.annotations.reset(Int16Array.of(299, -1, 0), Int16Array.of(-1, 0, 0), new Uint8Array(3));
  const counts = binCounts(classColumn(state, "label"));
  expect([counts[0], counts[299], counts.reduce((a, b) => a + b)]).toEqual([1, 1, 2]);
  expect(binCounts(classColumn(state, "prediction"))[0]).toBe(2);
  // A column of the data can have the same name.
  expect(binColour(classColumn(state, "label"), 1)).toBe("#ffffff");
  expect(binColour(column("label"), 1)).not.toBe("#ffffff");
});

it("bins of numbers get lighter, and categories differ", () => {
  const ramp = { ...column("x"), kind: "number" as const };
  const light = (hex: string) =>
    [1, 3, 5].reduce((sum, k) => sum + Number.parseInt(hex.slice(k, k + 2), 16), 0);
  const lights = [0, 1, 2].map((k) => light(binColour(ramp, k)));
  expect(lights).toEqual([...lights].sort((a, b) => a - b));
  const many = { ...column("x"), bins: Array.from({ length: 24 }, String) };
  expect(new Set(many.bins.map((_, k) => binColour(many, k))).size).toBe(24);
  expect(binColour(many, 3)).toMatch(/^#[0-9a-f]{6}$/);
});

it("fetches a column once, and again after a failure", async () => {
  const ask = {
    list: vi.fn(async () =>
      Array.from({ length: 9 }, (_, k) => ({
        name: `c${k}`,
        kind: "category" as const,
        categories: [],
      })),
    ),
    column: vi.fn(async (name: string) => {
      if (name === "c1" && ask.column.mock.calls.length < 4) throw new Error("gone");
      return column(name);
    }),
  };
  const errors: string[] = [];
  const columns = new Columns(state, (message) => errors.push(message), ask as never);
  await columns.colourBy("c0");
  expect([state.colourBy.value, state.columns.shown.value?.name]).toEqual(["column", "c0"]);
  await columns.colourBy("c1");
  expect(errors).toEqual(["The column could not be fetched: gone"]);
  await columns.findBars();
  await columns.findBars();
  expect(state.columns.bars.value.map(({ name }) => name)).toContain("c0");
  expect(state.columns.bars.value).toHaveLength(6);
  expect(ask.list).toHaveBeenCalledTimes(1);
  expect(ask.column.mock.calls.filter(([name]) => name === "c0")).toHaveLength(1);
});

describe("colours by a column that arrives late", () => {
  const arrive = new Map<string, (answer: BinnedColumn | Error) => void>();
  const errors: string[] = [];
  const choose = (name: string) => columns.colourBy(name);
  let columns: Columns;
  beforeEach(() => {
    const ask = (name: string) =>
      new Promise<BinnedColumn>((resolve, reject) => {
        arrive.set(name, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      });
    columns = new Columns(state, (error) => errors.push(error), { column: ask } as never);
  });
  it("are those of the newest choice", async () => {
    const both = [choose("slow"), choose("fast")];
    arrive.get("fast")!(column("fast"));
    arrive.get("slow")!(column("slow"));
    await Promise.all(both);
    expect(state.columns.shown.value?.name).toBe("fast");
  });
  it("are not shown after another choice, nor is a failure", async () => {
    const both = [choose("a"), choose("b")];
    state.colourBy.value = "prediction";
    arrive.get("a")!(new Error("gone"));
    arrive.get("b")!(column("b"));
    await Promise.all(both);
    expect([state.colourBy.value, state.columns.shown.value]).toEqual(["prediction", null]);
    expect(errors).toEqual([]);
  });
});
