import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { unpackText } from "../../src/protocol/item-sets.js";
import type { Whose } from "../../src/protocol/messages.js";
import { askWhose, whoseText } from "../../src/session/whose.js";
import { AppState } from "../../src/state/app-state.js";

const answer = (others: [string, number][]): Whose =>
  ({ others: others.map(([name, count]) => ({ person: name, name, count })) }) as unknown as Whose;
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");

describe("the text", () => {
  it("names the people and their numbers of labels", () => {
    expect(whoseText(answer([]))).toBe("");
    expect(plain(whoseText(answer([["Mia", 1]])))).toBe("A new label replaces 1 label of Mia.");
    const three = answer([
      ["Mia", 1200],
      ["أميرة", 5],
      ["Tom", 2],
    ]);
    expect(plain(whoseText(three))).toBe(
      "A new label replaces 1,200 labels of Mia, 5 labels of أميرة and 2 labels of Tom.",
    );
    expect(whoseText(three)).toContain("\u2068أميرة\u2069"); // does not turn the text round
  });
});

describe("the question", () => {
  const state = new AppState();
  let asked: string[];
  let shown: (Whose | null)[];
  let reply: () => Promise<Whose>;
  const ask = (...items: number[]) =>
    askWhose(
      state,
      Uint32Array.from(items),
      (found) => shown.push(found),
      (text) => {
        asked.push(text);
        return reply();
      },
    );

  beforeEach(() => {
    vi.useFakeTimers();
    state.annotations.reset(Int16Array.of(0, -1, 1), new Int16Array(3), new Uint8Array(3));
    [asked, shown] = [[], []];
    reply = async () => answer([["Mia", 2]]);
  });
  afterEach(() => vi.useRealTimers());

  it("has the labelled items, after a moment", async () => {
    ask(0, 1, 2);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(Array.from(unpackText(asked[0]!).items)).toEqual([0, 2]);
    expect(shown).toEqual([answer([["Mia", 2]])]);
  });
  it("is not asked without labels, or when the selection changes", async () => {
    ask(1);
    ask(0)();
    await vi.advanceTimersByTimeAsync(1000);
    expect([asked, shown]).toEqual([[], [null]]);
  });
  it("has no answer if it fails, or if the answer is late", async () => {
    reply = () => Promise.reject(new Error("no network"));
    ask(0);
    await vi.advanceTimersByTimeAsync(300);
    expect(shown).toEqual([null]);
    let late: (found: Whose) => void = () => {};
    reply = () => new Promise((resolve) => (late = resolve));
    const end = ask(0);
    await vi.advanceTimersByTimeAsync(300);
    end();
    late(answer([["Mia", 2]]));
    await vi.advanceTimersByTimeAsync(0);
    expect(shown).toEqual([null]);
  });
});
