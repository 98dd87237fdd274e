import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { download } from "../../src/session/exports.js";
import { Notes } from "../../src/session/notes.js";
import { AppState } from "../../src/state/app-state.js";

const links: { href: string; download: string; clicked: boolean }[] = [];

beforeEach(() => {
  links.length = 0;
  vi.stubGlobal("window", { setTimeout: vi.fn() });
  vi.stubGlobal("document", {
    createElement: () => {
      const link = { href: "", download: "", clicked: false, click: () => (link.clicked = true) };
      links.push(link);
      return link;
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

const notesOf = (state: AppState) =>
  state.notices.value.map(({ code, message }) => `${code}: ${message}`);

it("an export becomes a download, and a note names the file", async () => {
  const state = new AppState();
  let during = "";
  const fetched = async (format: string) => {
    during = state.exporting.value;
    return { name: `digits-labels.${format}`, content: new Blob(["item,class"]) };
  };
  await download(state, "csv", new Notes(state), fetched);
  expect(links).toEqual([
    expect.objectContaining({ download: "digits-labels.csv", clicked: true }),
  ]);
  expect(await (await fetch(links[0]!.href)).text()).toBe("item,class");
  expect(notesOf(state)).toEqual(["noted: digits-labels.csv is in your downloads."]);
  expect(during).toBe("csv");
  expect(state.exporting.value).toBe("");
});

it("a failed export is reported, and another can follow", async () => {
  const state = new AppState();
  const fetched = async () => Promise.reject(new Error("The model has not been trained."));
  await download(state, "onnx", new Notes(state), fetched);
  expect(links).toEqual([]);
  expect(notesOf(state)).toEqual(["failed: The export failed: The model has not been trained."]);
  expect(state.exporting.value).toBe("");
});

it("one export runs at a time", async () => {
  const state = new AppState();
  state.exporting.value = "csv";
  const fetched = vi.fn();
  await download(state, "npz", new Notes(state), fetched);
  expect(fetched).not.toHaveBeenCalled();
});
