import { beforeEach, expect, it, vi } from "vitest";
import { KeyMap, keyText, STANDARD_KEYS } from "../../src/state/key-map.js";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("navigator", { platform: "Linux x86_64" });
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

it("no key has two actions", () => {
  const keys = Object.values(STANDARD_KEYS).flat();
  expect(new Set(keys).size).toBe(keys.length);
});

it("a new key replaces the old one, and stays after a reload", () => {
  const map = new KeyMap();
  expect(map.give("lasso", "'")).toBeNull();
  for (const each of [map, new KeyMap()]) {
    expect(each.actionOf("'")).toBe("lasso");
    expect(each.actionOf("l")).toBeNull();
    expect(each.text("lasso")).toBe("'");
  }
});

it("actions exchange their keys", () => {
  const map = new KeyMap();
  expect(map.give("next", "q")).toBe("suspects");
  expect([map.actionOf("q"), map.actionOf("w")]).toEqual(["next", "suspects"]);
  map.reset();
  expect([map.actionOf("q"), map.actionOf("w")]).toEqual(["suspects", "next"]);
  expect(new KeyMap().changed).toBe(false);
});

it("a key that returns to its action does not count as a change", () => {
  const map = new KeyMap();
  map.give("next", "q");
  map.give("next", "w");
  expect(map.changed).toBe(false);
});

it("every key of an action with two keys acts until it is changed", () => {
  const map = new KeyMap();
  expect(["ctrl+y", "ctrl+shift+z"].map((key) => map.actionOf(key))).toEqual(["redo", "redo"]);
  map.give("redo", "ctrl+alt+r");
  expect(["ctrl+y", "ctrl+shift+z"].map((key) => map.actionOf(key))).toEqual([null, null]);
});

it.each([
  ["lasso", "3", /digits/],
  ["lasso", "enter", /another action/],
  ["lasso", "arrowup", /letter/],
  ["confirm", "p", /cannot be changed/],
] as const)("%s refuses the key %s", (id, key, message) => {
  const map = new KeyMap();
  expect(() => map.give(id, key)).toThrow(message);
  expect(map.changed).toBe(false);
});

it("without single keys, only other keys act", () => {
  const map = new KeyMap();
  map.switchSingle();
  for (const each of [map, new KeyMap()]) {
    expect(each.actionOf("w")).toBeNull();
    expect(each.acts("1")).toBe(false);
    expect(each.text("next")).toBe("");
    expect(["enter", "ctrl+z", "escape"].map((key) => each.actionOf(key))).toEqual([
      ...["confirm", "undo", "close"],
    ]);
  }
});

it.each(["[", "null", "3", '{"lasso": 3, "nothing": "x", "confirm": "p"}'])(
  "stored keys that do not fit are left out: %s",
  (text) => {
    localStorage.setItem("lodespace.keys", text);
    expect(new KeyMap().changed).toBe(false);
  },
);

it("names keys as they are printed", () => {
  expect(["ctrl+z", "w", "escape", "ctrl++", "end"].map((key) => keyText(key, false))).toEqual([
    ...["Ctrl Z", "W", "Esc", "Ctrl +", "End"],
  ]);
  expect(keyText("ctrl+alt+z", true)).toBe("⌘ ⌥ Z");
});

it("keys have no text on a device without a keyboard, and act nevertheless", () => {
  const map = new KeyMap();
  map.shown.value = false;
  expect([map.text("lasso"), map.text("undo"), map.actionOf("l")]).toEqual(["", "", "lasso"]);
  map.shown.value = true;
  expect(map.text("lasso")).toBe("L");
});
