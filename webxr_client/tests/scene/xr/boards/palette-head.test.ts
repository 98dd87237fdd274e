/** Text of the palette's head about the next step. */
import { beforeEach, expect, it, vi } from "vitest";
import type { SessionInfo } from "../../../../src/protocol/messages.js";
import { PaletteBoard } from "../../../../src/scene/xr/boards/palette-board.js";
import { AppState, NOTHING } from "../../../../src/state/app-state.js";

let texts: string[];
beforeEach(() => {
  const context: object = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === "canvas") return { width: 1, height: 1 };
        if (name === "measureText") return (text: string) => ({ width: text.length });
        if (name === "fillText") return (text: string) => texts.push(text);
        return () => context;
      },
      set: () => true,
    },
  );
  vi.stubGlobal("document", { createElement: () => ({ getContext: () => context }) });
});

it("names the next step of a hand that holds a cluster without predictions", () => {
  const state = new AppState();
  state.annotations.reset(Int16Array.of(-1, -1), Int16Array.of(-1, -1), new Uint8Array(2));
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.connection.value = { ...state.connection.value, status: "open" };
  state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1) };
  const { head } = new PaletteBoard(state);
  const read = () => {
    texts = [];
    head.drawIfStale();
    return texts.join(" ");
  };
  expect(read()).toContain("Touch a class, or grab the cluster and release it on a class.");
  state.xr.holding.value = true;
  expect(read()).toContain("Release the cluster on a class to label it.");
  expect(read()).toBe("");
});
