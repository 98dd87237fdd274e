/**
 * Words of the data that can name classes. Names in use are left out. If the server fails, the
 * words are kept.
 */
import { afterEach, expect, it, vi } from "vitest";
import { findWords } from "../../src/session/class-words.js";
import { AppState } from "../../src/state/app-state.js";

afterEach(() => vi.unstubAllGlobals());

it("offers the words of the server that are not names of classes", async () => {
  const state = new AppState();
  const of = (class_id: number, name: string, removed: boolean) => ({
    class_id,
    name,
    colour: "#fff",
    locked: false,
    removed,
  });
  state.classes.value = [of(0, "frog", false), of(1, "ship", true)];
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    return new Response(JSON.stringify({ words: ["frog", "ship", "truck"] }));
  });
  await findWords(state);
  expect(asked).toEqual(["/api/words"]);
  expect(state.xr.naming.words.value).toEqual(["ship", "truck"]);
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 500 }));
  await findWords(state);
  expect(state.xr.naming.words.value).toEqual(["ship", "truck"]);
});
