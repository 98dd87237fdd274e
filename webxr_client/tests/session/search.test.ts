import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Search, words } from "../../src/session/search.js";
import { AppState } from "../../src/state/app-state.js";
import type { OpenSheet } from "../../src/state/review-state.js";

describe("words", () => {
  it.each([
    ["a b", ["a", "b"]],
    ["  a   b ", ["a", "b"]],
    ['"two words" c', ["two words", "c"]],
    ['place:"Bad Honnef" owl', ["place:Bad Honnef", "owl"]],
    ['"not closed', ["not closed"]],
    ["", []],
  ])("cuts %s", (text, cut) => {
    expect(words(text)).toEqual(cut);
  });
});

function made(ask: (text: string) => Promise<number[]>): { state: AppState; search: Search } {
  const state = new AppState();
  const info = (class_id: number, name: string) => ({
    class_id,
    name,
    colour: "#000000",
    locked: false,
    removed: false,
  });
  state.classes.value = [info(0, "Owl"), info(1, "wren"), { ...info(2, "old owl"), removed: true }];
  state.annotations.reset(
    Int16Array.from([0, 1, -1, 0, 2]),
    Int16Array.from([1, 1, 1, -1, 0]),
    new Uint8Array(5),
  );
  const answer = async (text: string) => ({
    items: await ask(text),
    exact: text === "nut" ? [3] : [],
  });
  return { state, search: new Search(state, answer) };
}

describe("Search", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("window", globalThis);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("answers labels and predictions itself and asks for other words", async () => {
    const ask = vi.fn(async (text: string) => (text === "nut" ? [2, 3, 4] : []));
    const { search } = made(ask);
    const of = async (text: string) => Array.from((await search.matching(text)).items);
    expect(await of("nut")).toEqual([2, 3, 4]);
    expect(await of("owl")).toEqual([0, 3]);
    expect(await of("label:WREN")).toEqual([1]);
    expect(await of("predicted:wren nut")).toEqual([2]);
    expect(await of("is:unlabelled")).toEqual([2]);
    expect(await of("is:labeled nut")).toEqual([3, 4]);
    expect(ask).not.toHaveBeenCalledWith("label:WREN");
  });

  it("finds an id that is the whole text", async () => {
    const { search } = made(async () => [2, 3, 4]);
    expect(Array.from((await search.matching("nut")).exact)).toEqual([3]);
    expect((await search.matching("nut owl")).exact).toHaveLength(0);
    expect((await search.matching("label:owl")).exact).toHaveLength(0);
  });

  it("waits for the end of typing and shows only the newest answer", async () => {
    const answers: ((items: number[]) => void)[] = [];
    const ask = vi.fn(() => new Promise<number[]>((resolve) => answers.push(resolve)));
    const { state, search } = made(ask);
    search.find("n");
    search.find("nu");
    expect(ask).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(300);
    expect(ask).toHaveBeenCalledTimes(1);
    search.find("nut");
    await vi.advanceTimersByTimeAsync(300);
    answers[1]?.([3]);
    await vi.advanceTimersByTimeAsync(1);
    answers[0]?.([1, 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(Array.from(state.search.value?.items ?? [])).toEqual([3]);
    search.find("");
    expect(state.search.value).toBeNull();
  });

  it.each(["label:owl", "is:unlabelled", "predicted:wren", "owl"])(
    "finds no hidden class while a blind sheet is open: %s",
    async (text) => {
      const { state, search } = made(async () => []);
      const found = () => Array.from(state.search.value?.items ?? []);
      const open = async (sheet: typeof state.review.sheet.value) => {
        state.review.sheet.value = sheet;
        state.annotations.hide(state.review.blind.value); // as the review does
        await vi.advanceTimersByTimeAsync(300);
      };
      await open(null);
      search.find(text);
      await vi.advanceTimersByTimeAsync(300);
      const before = found();
      const items = [{ item: 0 }, { item: 1 }];
      await open({ kind: "double", items, status: "open" } as unknown as OpenSheet);
      expect(found()).not.toEqual(before);
      await open(null);
      expect(found()).toEqual(before);
      search.find("");
      await open({ kind: "double", items, status: "open" } as unknown as OpenSheet);
      expect(state.search.value).toBeNull();
    },
  );

  it("reports a failure and dims no item", async () => {
    const state = new AppState();
    const onError = vi.fn();
    const search = new Search(state, () => Promise.reject(new Error("gone")), onError);
    search.find("x");
    await vi.advanceTimersByTimeAsync(300);
    expect(state.search.value).toBeNull();
    expect(onError).toHaveBeenCalledWith("The search failed: gone");
  });
});
