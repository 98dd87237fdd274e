/** The focus passes on when the element that has it is removed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { passFocus, returnFocus } from "../../../src/ui/kit/focus.js";

interface Fake {
  name: string;
  isConnected: boolean;
  contains(other: unknown): boolean;
  focus(): void;
}

let focused: string[];
const page: { activeElement: Fake | null } = { activeElement: null };

const fake = (name: string, inner: readonly Fake[] = []): Fake => ({
  name,
  isConnected: true,
  contains(other) {
    return other === this || inner.some((one) => one === other);
  },
  focus: () => void focused.push(name),
});

beforeEach(() => {
  focused = [];
  vi.stubGlobal("document", page);
});
afterEach(() => vi.unstubAllGlobals());

describe("a panel that closes", () => {
  const inside = fake("inside");
  const before = fake("before");
  const close = (own: Fake | null, to: Fake | null) =>
    returnFocus(own as HTMLElement | null, to as HTMLElement | null);

  it("returns the focus that it has to the element that had it", () => {
    page.activeElement = inside;
    close(fake("panel", [inside]), before);
    expect(focused).toEqual(["before"]);
  });
  it("leaves the focus of another element, and gives none to a removed element", () => {
    page.activeElement = fake("elsewhere");
    close(fake("panel", [inside]), before);
    page.activeElement = inside;
    close(fake("panel", [inside]), { ...before, isConnected: false });
    close(fake("panel", [inside]), null);
    close(null, before);
    expect(focused).toEqual([]);
  });
});

describe("a row that is removed", () => {
  const button = fake("button");
  const row = (name: string, siblings: { next?: string; previous?: string }) => {
    const other = (of?: string) => (of ? { querySelector: () => fake(`${of} name`) } : null);
    return {
      ...fake(name, [button]),
      nextElementSibling: other(siblings.next),
      previousElementSibling: other(siblings.previous),
      closest: () => ({ querySelector: () => fake("close") }),
    } as unknown as HTMLElement;
  };
  it.each([
    [{ next: "third", previous: "first" }, "third name"],
    [{ previous: "first" }, "first name"],
    [{}, "close"],
  ])("passes the focus to the row %o", (siblings, expected) => {
    page.activeElement = button;
    passFocus(row("second", siblings), ".name");
    expect(focused).toEqual([expected]);
  });
  it("leaves the focus of another element", () => {
    page.activeElement = fake("elsewhere");
    passFocus(row("second", { next: "third" }), ".name");
    passFocus(null, ".name");
    expect(focused).toEqual([]);
  });
});
