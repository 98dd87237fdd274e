import { describe, expect, it } from "vitest";
import { KeyReader } from "../../../src/interaction/keys/key-reader.js";

interface Press {
  key: string;
  code: string;
  held?: string;
  composing?: boolean;
}

const event = ({ key, code, held = "", composing = false }: Press) =>
  ({
    key,
    code,
    isComposing: composing,
    ctrlKey: /ctrl|altgr/.test(held),
    altKey: /alt/.test(held),
    shiftKey: held.includes("shift"),
    metaKey: held.includes("meta"),
    getModifierState: (name: string) => name === "AltGraph" && held.includes("altgr"),
  }) as unknown as KeyboardEvent;

/** Names of pressed keys: each press is "key code held", or "key code". */
function names(language: string, presses: string[], mac = false): (string | null)[] {
  const reader = new KeyReader(language, mac);
  return presses.map((press) => {
    const [key, code, held] = press.split(" ");
    return reader.read(event({ key: key === "␣" ? " " : key!, code: code!, held }));
  });
}

describe("letters of a keyboard", () => {
  const layouts: [string, string, string[], string[]][] = [
    ["US", "en-US", ["q KeyQ", "W KeyW shift", "/ Slash", "? Slash shift"], ["q", "w", "/", "?"]],
    ["Cyrillic", "ru-RU", ["й KeyQ", "Ц KeyW shift", "х BracketLeft"], ["q", "w", "["]],
    ["Cyrillic, English browser", "en", ["к KeyR", "б Comma", "ю Period"], ["r", ",", "."]],
    ["Greek", "el-GR", ["; KeyQ", "ς KeyW", "λ KeyL"], ["q", "w", "l"]],
    ["Hebrew", "he-IL", ["/ KeyQ", "' KeyW", "ך KeyL", ". Slash"], ["q", "w", "l", "."]],
    ["Hebrew, English browser", "en", ["ך KeyL", "/ KeyQ", "' KeyW"], ["l", "q", "w"]],
    ["Arabic", "ar", ["ض KeyQ", "١ Digit1", "؟ Slash shift"], ["q", "1", "?"]],
    ["French", "fr", ["q KeyA", "z KeyW", ", KeyM", "m Semicolon"], ["q", "z", ",", "m"]],
    ["German", "de", ["z KeyY", "/ Digit7 shift", "? Minus shift"], ["z", "/", "?"]],
    ["Turkish", "tr", ["ı KeyI", "i Quote"], ["i", "i"]],
    ["Japanese, full width", "ja", ["ｗ KeyW", "１ Digit1", "？ Slash shift"], ["w", "1", "?"]],
    ["input method", "ja", ["Process KeyW", "Process Digit3"], ["w", "3"]],
  ];
  for (const [layout, language, presses, expected] of layouts)
    it(layout, () => expect(names(language, presses)).toEqual(expected));
});

it("digits act without Shift on French and Czech keyboards", () => {
  expect(names("fr", ["& Digit1", "1 Digit1 shift", "- Digit6", "à Digit0"])).toEqual(
    ["1", "1", "6", "0"], // biome-ignore format: as pressed
  );
  expect(names("cs", ["+ Digit1", "é Digit0"])).toEqual(["1", "0"]);
});

it("Shift with a digit of a US keyboard gives a sign", () => {
  expect(names("en", ["! Digit1 shift", "End Numpad1"])).toEqual(["!", "end"]);
});

it("AltGr makes signs, and no command", () => {
  expect(names("de", ["[ Digit8 altgr", "] Digit9 ctrl-alt"])).toEqual(["[", "]"]);
  expect(names("pl", ["ą KeyA altgr", "ż KeyZ altgr"])).toEqual(["ą", "ż"]);
});

it("Alt of a Mac makes signs", () => {
  expect(names("de", ["[ Digit5 alt", "œ KeyQ alt"], true)).toEqual(["[", "alt+q"]);
});

it("Ctrl and the command key make commands on every layout", () => {
  const presses = ["z KeyZ ctrl", "я KeyZ ctrl", "Я KeyZ ctrl-shift", "ז KeyZ meta", "z KeyW ctrl"];
  expect(names("ru", presses)).toEqual([
    ...["ctrl+z", "ctrl+z", "ctrl+shift+z", "ctrl+z", "ctrl+z"],
  ]);
});

it("keys without a character have their names", () => {
  expect(names("ru", ["Enter Enter", "Enter Enter shift", "Backspace Backspace"])).toEqual([
    ...["enter", "enter", "backspace"],
  ]);
  expect(names("ru", ["␣ Space"])).toEqual(["space"]);
});

it("a key that composes text is ignored", () => {
  const reader = new KeyReader("ja", false);
  expect(reader.read(event({ key: "w", code: "KeyW", composing: true }))).toBeNull();
});
