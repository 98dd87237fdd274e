import { expect, it, vi } from "vitest";
import type { ItemInfo, SessionInfo } from "../../../src/protocol/messages.js";
import { IslandTexts } from "../../../src/scene/layers/island-texts.js";
import type { FoundIsland } from "../../../src/scene/layers/islands.js";
import { AppState } from "../../../src/state/app-state.js";

vi.stubGlobal("navigator", { platform: "" });

it("islands of texts have the first words of their most typical text", async () => {
  const state = new AppState();
  state.session.value = { text_column: "says" } as SessionInfo;
  const asked: number[] = [];
  const info = { columns: [{ name: "says", value: "the quick brown fox jumps" }] };
  let arrived = 0;
  const texts = new IslandTexts(
    state,
    () => arrived++,
    (item) => {
      asked.push(item);
      return Promise.resolve(info as unknown as ItemInfo);
    },
  );
  const island = (medoid: number, items: number[]) => ({ medoid, items }) as unknown as FoundIsland;
  expect(texts.of(island(3, [3, 4]))).toBe("");
  expect(texts.of(island(3, [3, 4]))).toBe("");
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(texts.of(island(3, [3, 4]))).toBe("the quick brown fox…");
  expect(texts.of(island(4, [3, 4])), "while the island moves").toBe("the quick brown fox…");
  expect([asked, arrived, texts.version]).toEqual([[3], 1, 1]);
});
