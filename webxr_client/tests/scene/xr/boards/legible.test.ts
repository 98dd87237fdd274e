/**
 * Text of every board must be at least 20 dmm high (1 dmm: 1 mm at a distance of 1 m) at the
 * distance from which people read the board.
 */
import { beforeEach, expect, it, vi } from "vitest";
import { BenchDisplay } from "../../../../src/interaction/xr/bench-display.js";
import {
  BENCH_PLACE,
  CARD_FULL_SIZE_DISTANCE,
  CARD_SCALE_AT_SHEET,
  PALETTE_DISTANCE,
  SHEET_DISTANCE,
} from "../../../../src/interaction/xr/placement/dimensions.js";
import type { PeerMoved, SessionInfo, Training } from "../../../../src/protocol/messages.js";
import { type Board, LEAST_DMM } from "../../../../src/scene/xr/boards/board.js";
import { ItemCard } from "../../../../src/scene/xr/boards/item-card.js";
import { PaletteBoard } from "../../../../src/scene/xr/boards/palette-board.js";
import type { PaletteSide } from "../../../../src/scene/xr/boards/palette-layout.js";
import { SheetBoard } from "../../../../src/scene/xr/boards/sheet-board.js";
import { StripBoard } from "../../../../src/scene/xr/boards/strip-board.js";
import { AppState, NOTHING } from "../../../../src/state/app-state.js";
import { NEW_CLASS } from "../../../../src/state/naming-state.js";

/** Sizes of all text drawn since the last call of `take`, millimetres. */
const drawn: number[] = [];
const take = () => drawn.splice(0);

/** A canvas whose text is as wide as that of a real font, so that long words are made smaller. */
function recordingCanvas(): void {
  let size = 0;
  const context: object = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === "canvas") return { width: 1, height: 1 };
        if (name === "measureText") return (text: string) => ({ width: 0.55 * size * text.length });
        if (name === "fillText") return () => drawn.push(size);
        return () => context;
      },
      set: (_, name, value) => {
        if (name === "font") size = Number(/([\d.]+)px/.exec(value as string)?.[1]);
        return true;
      },
    },
  );
  vi.stubGlobal("document", { createElement: () => ({ getContext: () => context }) });
}

let state: AppState;
beforeEach(() => {
  recordingCanvas();
  take();
  state = new AppState();
  const labels = Int16Array.of(0, 1, -1, 1);
  state.annotations.reset(labels, Int16Array.of(1, 1, 0, 0), new Uint8Array(4).fill(200));
  state.classes.value = Array.from({ length: 14 }, (_, class_id) => ({
    class_id,
    name: ["a", "airplane", "a class with a very long name"][class_id % 3] as string,
    colour: "#112233",
    locked: false,
    removed: false,
  }));
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.connection.value = { ...state.connection.value, status: "open" };
  const settings = { stiffness: 0.3, preset: "default" };
  state.training.value = { state: "running", settings } as Training;
  state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1, 2, 3), tool: "brush" };
});

const least = (board: Board, distance: number): number => {
  board.invalidate();
  board.drawIfStale();
  const sizes = take();
  expect(sizes.length).toBeGreaterThan(0);
  return Math.min(...sizes) / distance;
};

it.each<PaletteSide>(["classes", "menu", "review", "time", "force", "names", "people"])(
  "text of the palette's side %s is legible",
  (side) => {
    const { naming } = state.xr;
    naming.words.value = ["frog", "a word that is far too long for a tile"];
    naming.ways.value = ["type", "speak", "number"];
    naming.target.value = side === "names" ? NEW_CLASS : null;
    const names = ["Mia", "Wilhelmina Featherstonehaugh-Montgomery", "أميرة"];
    state.peers.value = new Map(
      names.map((name, k) => {
        const call = k === 1 ? "follow" : "";
        return [`d${k}.a`, { op: "peer", client_id: `d${k}.a`, name, call } as PeerMoved];
      }),
    );
    const palette = new PaletteBoard(state);
    palette.turnTo(side);
    for (const message of [
      "",
      "A message that is so long that it does not fit on one line. ".repeat(3),
    ]) {
      state.xr.message.value = message;
      if (side !== "time" || !message)
        expect(least(palette, PALETTE_DISTANCE)).toBeGreaterThanOrEqual(LEAST_DMM);
      expect(least(palette.head, PALETTE_DISTANCE)).toBeGreaterThanOrEqual(LEAST_DMM);
    }
  },
);

it.each(["open", "busy", "done"] as const)("text of a sheet that is %s is legible", (status) => {
  const items = [0, 1, 2, 3].map((item) => ({
    item,
    class_id: item - 1,
    prediction: item % 2,
    confidence: 0.8,
    doubt: 0.5,
    proposed: 2,
    group: item % 2,
  }));
  const reason = "A reason that is longer than the board is wide, by a few words and more.";
  state.review.sheet.value = {
    kind: "suspects",
    items,
    groups: [
      { size: 1200, may_be_new: true },
      { size: null, may_be_new: false },
    ],
    total: 4,
    expectedWrong: 2,
    reason,
    status,
  };
  const sheet = new SheetBoard(state, { current: null });
  sheet.relayout();
  expect(least(sheet, SHEET_DISTANCE)).toBeGreaterThanOrEqual(LEAST_DMM);
});

it.each([[], [null]])(
  "text of the strip between two items is legible, with pictures %o",
  (...all) => {
    const pictures = all.map(() => ({
      width: 1,
      height: 1,
      channels: 1,
      bytes: new Uint8Array(1),
    }));
    state.forces.walk.value = { from: 0, to: 2, pictures };
    const strip = new StripBoard(state);
    expect(least(strip, CARD_FULL_SIZE_DISTANCE)).toBeGreaterThanOrEqual(LEAST_DMM);
  },
);

it.each([0, -1])("text of the card of item %i is legible, also over a sheet", (item) => {
  const card = new ItemCard(state, { current: null });
  const picture = { width: 1, height: 1, channels: 1, bytes: new Uint8Array(1) };
  state.forces.decoded.value = item < 0 ? picture : null;
  card.show(item, true);
  const size = least(card, 1);
  expect(size / CARD_FULL_SIZE_DISTANCE).toBeGreaterThanOrEqual(LEAST_DMM);
  expect((size * CARD_SCALE_AT_SHEET) / (SHEET_DISTANCE + 0.03)).toBeGreaterThanOrEqual(LEAST_DMM);
});

it("text of the board with the cost of a frame is legible", () => {
  const { board, mesh } = new BenchDisplay();
  const frame = { frameMs: 13.9, frameMs95: 14.2, scriptMs: 1.2, scriptMs95: 2.1, drawCalls: 18 };
  board.show({ ...frame, points: 5000, width: 3000, height: 1600, rate: 72 });
  const distance = Math.hypot(...BENCH_PLACE) / mesh.scale.x;
  expect(least(board, distance)).toBeGreaterThanOrEqual(LEAST_DMM);
});
