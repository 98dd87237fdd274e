/**
 * A board must be drawn again only if its content has changed, because drawing a board and sending
 * it to the GPU costs more than anything else in a frame.
 */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ItemInfo, SessionInfo, Training } from "../../../../src/protocol/messages.js";
import type { Board } from "../../../../src/scene/xr/boards/board.js";
import { ItemCard } from "../../../../src/scene/xr/boards/item-card.js";
import { PaletteBoard } from "../../../../src/scene/xr/boards/palette-board.js";
import { AppState, NOTHING } from "../../../../src/state/app-state.js";
import { textOf } from "../../../../src/state/item-text.js";
import { stubCanvas } from "../../../interaction/xr/view-fixtures.js";

let state: AppState;

/** Return a function that counts the drawings of a board since the previous call. */
function counter(board: Board): () => number {
  const version = () => board.mesh.material.map?.version ?? 0;
  let before = version();
  return () => {
    board.drawIfStale();
    const drawn = version();
    const since = drawn - before;
    before = drawn;
    return since;
  };
}

/** Predict classes of items 0, 1, ... with this confidence. */
function predict(predictions: number[], confidence = 200): void {
  state.annotations.predictions.set(predictions);
  state.annotations.confidence.fill(confidence);
  state.predictionsVersion.value += 1;
}

function label(item: number, classId: number): void {
  state.annotations.labels[item] = classId;
  state.labelsVersion.value += 1;
}

const select = (...items: number[]) => {
  state.selection.value = { ...NOTHING, items: Uint32Array.from(items), tool: "brush" };
};

const training = (trained: Training["state"]): Training =>
  ({ state: trained, settings: { stiffness: 0.3, preset: "default" } }) as Training;

beforeEach(() => {
  stubCanvas();
  state = new AppState();
  state.annotations.reset(
    new Int16Array(4).fill(-1),
    new Int16Array(4).fill(-1),
    new Uint8Array(4),
  );
  state.classes.value = ["a", "b"].map((name, class_id) => ({
    class_id,
    name,
    colour: "#112233",
    locked: false,
    removed: false,
  }));
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.connection.value = { ...state.connection.value, status: "open" };
  state.training.value = training("running");
});

describe("the palette", () => {
  it("is not drawn for frequent messages of training", () => {
    const palette = new PaletteBoard(state);
    palette.turnTo("time");
    const tiles = counter(palette);
    const head = counter(palette.head);
    expect([tiles(), head()]).toEqual([1, 1]);
    state.training.value = training("running");
    predict([0, 0, 1, 1]);
    expect([tiles(), head()]).toEqual([0, 0]);
    state.training.value = training("paused");
    expect([tiles(), head()]).toEqual([1, 0]);
  });

  it("draws only its head for the selection and its prediction", () => {
    const palette = new PaletteBoard(state);
    palette.turnTo("menu");
    const tiles = counter(palette);
    const head = counter(palette.head);
    expect([tiles(), head()]).toEqual([1, 1]);
    select(1);
    expect([tiles(), head()]).toEqual([1, 1]); // the tile `clear` can run now
    select(1, 2);
    expect([tiles(), head()]).toEqual([0, 1]);
    predict([0, 1, 1, 0]);
    expect([tiles(), head()]).toEqual([0, 1]);
    expect([tiles(), head()]).toEqual([0, 0]);
  });

  it("is not drawn when a hand moves over its tiles, which get a frame", () => {
    const palette = new PaletteBoard(state);
    palette.relayout();
    const tiles = counter(palette);
    const frame = palette.mesh.children.at(-1);
    expect([tiles(), frame?.visible]).toEqual([1, false]);
    for (const tile of palette.tiles) {
      palette.light(tile);
      expect([tiles(), frame?.visible]).toEqual([0, true]);
    }
    palette.light(null);
    expect([tiles(), frame?.visible]).toEqual([0, false]);
  });

  it("counts labels on its tiles and in its head", () => {
    const palette = new PaletteBoard(state);
    palette.relayout();
    const tiles = counter(palette);
    const head = counter(palette.head);
    expect([tiles(), head()]).toEqual([1, 1]);
    label(2, 1);
    expect([tiles(), head()]).toEqual([1, 1]);
  });

  it("counts acceptable predictions of the selection on its side for review", () => {
    const palette = new PaletteBoard(state);
    palette.turnTo("review");
    const tiles = counter(palette);
    expect(tiles()).toBe(1);
    for (const change of [
      () => select(1, 2),
      () => predict([0, 1, 1, 0], 255),
      () => label(1, 1),
    ]) {
      change();
      expect(tiles()).toBe(1);
    }
    state.review.acceptFrom.value = 0.5;
    expect(tiles()).toBe(1);
  });

  it("is not drawn after it was disposed", () => {
    const palette = new PaletteBoard(state);
    palette.relayout();
    const tiles = counter(palette);
    tiles();
    palette.dispose();
    label(0, 0);
    expect(tiles()).toBe(0);
  });
});

describe("the card of the item at the brush", () => {
  it("is drawn for changes of its item, and when its picture has loaded", () => {
    const card = new ItemCard(state, { current: null });
    card.show(1, false);
    const drawn = counter(card);
    expect(drawn()).toBe(1);
    predict([1, 0, 1, 1]);
    expect(drawn()).toBe(1);
    predict([0, 0, 0, 0]); // item 1 is unchanged
    label(0, 1);
    expect(drawn()).toBe(0);
    label(1, 1);
    expect(drawn()).toBe(1);
    state.picturesVersion.value += 1;
    expect(drawn()).toBe(1);
    card.show(1, false);
    expect(drawn()).toBe(0);
    card.show(2, false);
    expect(drawn()).toBe(1);
  });
  it("has the text of an item that is a text", async () => {
    state.session.value = { text_column: "words" } as SessionInfo;
    const info = { columns: [{ name: "words", value: "one\n two" }] } as ItemInfo;
    const asked: number[] = [];
    const card = new ItemCard(state, { current: null }, async (item) => {
      asked.push(item);
      return info;
    });
    card.show(1, false);
    card.show(2, false);
    const drawn = counter(card);
    expect(drawn()).toBe(1);
    await vi.waitFor(() => expect(drawn()).toBe(1));
    expect(asked).toEqual([2]);
    expect(textOf(state.session.value, info)).toBe("one two");
  });
});
