/** Text of the palette's head: the next step, and problems that have to fit on two lines. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CERTIFICATE_HINT } from "../../../../src/net/connection.js";
import type { SessionInfo } from "../../../../src/protocol/messages.js";
import { PaletteBoard } from "../../../../src/scene/xr/boards/palette-board.js";
import { AppState, NOTHING } from "../../../../src/state/app-state.js";

/** Width of a letter of the second line, millimetres: 0.55 of the text's size of 9.5 mm. */
const LETTER = 5.2;

let texts: string[];
let state: AppState;
let head: PaletteBoard["head"];

const read = () => {
  texts = [];
  head.drawIfStale();
  return texts.join(" ");
};

beforeEach(() => {
  const context: object = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === "canvas") return { width: 1, height: 1 };
        if (name === "measureText") return (text: string) => ({ width: LETTER * text.length });
        if (name === "fillText") return (text: string) => texts.push(text);
        return () => context;
      },
      set: () => true,
    },
  );
  vi.stubGlobal("document", { createElement: () => ({ getContext: () => context }) });
  state = new AppState();
  state.annotations.reset(Int16Array.of(-1, -1), Int16Array.of(-1, -1), new Uint8Array(2));
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.connection.value = { ...state.connection.value, status: "open" };
  state.classes.value = [
    { class_id: 0, name: "cat", colour: "#112233", locked: false, removed: false },
  ];
  head = new PaletteBoard(state).head;
});

describe("the next step with a cluster without predictions", () => {
  beforeEach(() => {
    state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1) };
  });

  it("is to touch a class, and in the hand to release it there", () => {
    expect(read()).toContain("Touch a class, or grab the cluster and release it on a class.");
    state.xr.holding.value = true;
    expect(read()).toContain("Release the cluster on a class to label it.");
    expect(read()).toBe("");
  });

  it("is to make a class if there is none", () => {
    state.classes.value = state.classes.value.map((info) => ({ ...info, removed: true }));
    expect(read()).toContain("Touch + class to make the first class.");
    state.xr.holding.value = true;
    expect(read()).toContain("There is no class yet: release the cluster, then touch + class.");
  });
});

it.each([
  [0, ""],
  [1, " 1 action waits."],
  [12, " 12 actions wait."],
])("the hint at the certificate fits on two lines with %i waiting actions", (pending, waiting) => {
  state.connection.value = {
    ...state.connection.value,
    status: "waiting",
    detail: CERTIFICATE_HINT,
    pending,
  };
  expect(read()).toContain(CERTIFICATE_HINT + waiting);
});

it("states that a picture without a label and a prediction stays without a label", () => {
  const unknown = { class_id: -1, prediction: -1, proposed: -1 };
  state.review.sheet.value = {
    kind: "uncertain",
    items: [{ item: 0, ...unknown, confidence: 0, doubt: 0, group: 0 }],
    groups: [],
    total: 1,
    expectedWrong: null,
    reason: "",
    status: "open",
  };
  expect(read()).toContain("no label; not predicted; stays without a label");
});
