import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keyActions } from "../../../src/interaction/keys/key-actions.js";
import { bindKeyboard } from "../../../src/interaction/keys/keyboard.js";
import { AppState } from "../../../src/state/app-state.js";
import type { Commands } from "../../../src/state/commands.js";

let onKey: (event: KeyboardEvent) => void = () => undefined;

beforeEach(() => {
  vi.stubGlobal("navigator", { language: "en", platform: "Linux" });
  vi.stubGlobal("window", {
    addEventListener: (_: string, listener: typeof onKey) => (onKey = listener),
    removeEventListener: () => (onKey = () => undefined),
  });
});
afterEach(() => vi.unstubAllGlobals());

/** A page with bound keys. `called` lists the commands that ran. */
function bound() {
  const state = new AppState();
  const called: string[] = [];
  const commands = new Proxy({} as Commands, {
    get:
      (_, name) =>
      (...given: unknown[]) =>
        void called.push([String(name), ...given].join(" ")),
  });
  const unbind = bindKeyboard(keyActions(state, commands), state, commands);
  return { state, called, unbind };
}

/** Press a key on the focused element, which matches the selectors `focus`. */
function press(key: string, focus: string[] = [], held: { ctrlKey?: boolean } = {}): boolean {
  let prevented = false;
  onKey({
    key,
    code: "",
    isComposing: false,
    ctrlKey: false,
    altKey: false,
    shiftKey: false,
    metaKey: false,
    ...held,
    getModifierState: () => false,
    target: {
      matches: (selectors: string) =>
        selectors
          .replace(/:not\(.*?\)/, "")
          .split(", ")
          .some((selector) => focus.includes(selector)),
    },
    preventDefault: () => (prevented = true),
  } as unknown as KeyboardEvent);
  return prevented;
}

it("a key runs its action until the keys are unbound", () => {
  const { state, unbind } = bound();
  expect(press("l")).toBe(true);
  expect(state.tool.value).toBe("lasso");
  expect(press("ö")).toBe(false);
  unbind();
  press("r");
  expect(state.tool.value).toBe("lasso");
});

it("digits label the selection, and correct the pictures of an open sheet", () => {
  const { state, called } = bound();
  press("3");
  state.review.sheet.value = {} as NonNullable<typeof state.review.sheet.value>;
  press("4");
  expect(called).toEqual(["label 3", "correct 4"]);
});

it("single keys that are switched off do nothing; others act", () => {
  const { state, called } = bound();
  state.keys.switchSingle();
  press("3");
  press("r");
  expect(state.tool.value).not.toBe("rectangle");
  press("z", [], { ctrlKey: true });
  expect(called).toEqual(["undo"]);
});

it("a changed key takes the place of the standard key", () => {
  const { state } = bound();
  state.keys.give("rectangle", ";");
  press("r");
  expect(state.tool.value).not.toBe("rectangle");
  press(";");
  expect(state.tool.value).toBe("rectangle");
});

it.each(["textarea", "select", "[contenteditable]", "input"])("%s keeps its keys", (focus) => {
  const { state, called } = bound();
  press("r", [focus]);
  press("3", [focus]);
  expect([state.tool.value, called]).toEqual([new AppState().tool.value, []]);
});

it("Enter and Space press a focused button, and letters still act", () => {
  const { state } = bound();
  expect(press("Enter", ["button"])).toBe(false);
  expect(press(" ", ["[type=checkbox]"])).toBe(false);
  press("r", ["button"]);
  expect(state.tool.value).toBe("rectangle");
});

it("a slider keeps the keys that move it; End on the timeline returns to the live view", () => {
  const { called } = bound();
  expect(press("End", ["input[type=range]"])).toBe(false);
  expect(press("End", ["input[type=range]", ".scrub"])).toBe(true);
  expect(called).toHaveLength(1);
});
