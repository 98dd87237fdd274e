import { describe, expect, it, vi } from "vitest";
import type { SimilarItems } from "../../src/protocol/messages.js";
import { type Ask, SimilarSearch } from "../../src/session/similar-search.js";
import { AppState, NOTHING } from "../../src/state/app-state.js";

vi.stubGlobal("navigator", { platform: "" });

/** A server that finds the items 100, 101, ... in this order, of 140 items. */
const answer: Ask = async (examples, wanted) => ({
  items: Array.from({ length: Math.min(wanted, 40) }, (_, k) => 100 + k),
  distances: [],
  space: "learned features",
  examples: "items" in examples ? Math.min(256, examples.items.length) : 1,
});

function made(ask: Ask = answer) {
  const state = new AppState();
  const asked = vi.fn(ask);
  const notes = { show: vi.fn(), fail: vi.fn() };
  const search = new SimilarSearch(state, notes, asked);
  const select = (...items: number[]) => {
    state.selection.value = { ...NOTHING, items: Uint32Array.from(items) };
  };
  const selected = () => Array.from(state.selection.peek().items);
  return { state, search, asked, notes, select, selected };
}

describe("SimilarSearch", () => {
  it("adds the most similar items, and the next ones of the first selection", async () => {
    const { state, search, asked, notes, select, selected } = made();
    select(3, 5);
    await search.more();
    expect(selected()).toEqual([3, 5, ...Array.from({ length: 27 }, (_, k) => 100 + k)]);
    const { tool, note, reason } = state.selection.peek();
    expect([tool, note]).toEqual([
      "similar",
      "most similar to the 2 selected items, by learned features",
    ]);
    expect(reason).toBe(
      "27 items most like the 2 selected items, by learned features. + adds 27 more.",
    );
    await search.more();
    expect(selected()).toHaveLength(2 + 40);
    expect(asked.mock.calls.map(([examples, wanted]) => [examples, wanted])).toEqual([
      [{ items: Uint32Array.of(3, 5) }, 27],
      [{ items: Uint32Array.of(3, 5) }, 54],
    ]);
    await search.more();
    expect(notes.show).toHaveBeenLastCalledWith("There are no more items.");
    expect(selected()).toHaveLength(2 + 40);
  });

  it("starts again from a selection that the user has changed", async () => {
    const { search, asked, select } = made();
    select(3);
    await search.more();
    select(8, 9);
    await search.more();
    expect(asked).toHaveBeenLastCalledWith({ items: Uint32Array.of(8, 9) }, 27);
  });

  it("selects only the found items for words and files", async () => {
    const { state, search, select, selected } = made();
    select(3);
    await search.of({ words: "round" });
    expect(selected()).toEqual(Array.from({ length: 27 }, (_, k) => 100 + k));
    expect(state.selection.peek().reason).toMatch(/^27 items most like the words “round”, by/);
    await search.of({ file: new File(["x"], "a.png") });
    expect(state.selection.peek().note).toBe("most similar to the file a.png, by learned features");
  });

  it("asks for items first and refuses files that are too large", async () => {
    const { search, asked, notes } = made();
    await search.more();
    expect(notes.show).toHaveBeenLastCalledWith(expect.stringContaining("Select items first"));
    const file = { name: "a.tif", size: 40e6 } as File;
    await search.of({ file });
    expect(notes.show).toHaveBeenLastCalledWith(expect.stringContaining("at most 32 MB"));
    expect(asked).not.toHaveBeenCalled();
  });

  it("leaves a selection that the user made meanwhile", async () => {
    let send: (found: SimilarItems) => void = () => {};
    const { search, select, selected } = made(() => new Promise((resolve) => (send = resolve)));
    select(3);
    const done = search.more();
    select(7);
    send({ items: [1], distances: [0], space: "vectors", examples: 1 });
    await done;
    expect(selected()).toEqual([7]);
  });

  it("shows that a part of a large selection was compared, and why a search failed", async () => {
    const { state, search, notes, select } = made();
    select(...Array.from({ length: 90 }, (_, k) => k));
    const few: Ask = async (examples, wanted) => ({
      ...(await answer(examples, wanted)),
      examples: 16,
    });
    await new SimilarSearch(state, notes, few).more();
    expect(state.selection.peek().reason).toContain("Compared with 16 of the selected items.");
    select(1);
    await new SimilarSearch(state, notes, () => Promise.reject(new Error("No model."))).more();
    expect(notes.fail).toHaveBeenLastCalledWith("The search failed: No model.");
    expect(search).toBeDefined();
  });
});
