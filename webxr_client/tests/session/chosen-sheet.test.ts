import { beforeEach, describe, expect, it, vi } from "vitest";
import { AwaitedClass } from "../../src/session/awaited-class.js";
import { Review } from "../../src/session/review.js";
import { SheetDecisions } from "../../src/session/sheet-decisions.js";
import { AppState, type Selection } from "../../src/state/app-state.js";
import { bySheetOrder } from "../../src/state/chosen-sheet.js";

vi.stubGlobal("window", globalThis);
const N = 60;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
let clock = 0;
vi.spyOn(performance, "now").mockImplementation(() => clock);

let state: AppState;
let review: Review;
let decisions: SheetDecisions;
let sent: { items: number[]; classIds: number[] }[];
let before: Selection;

beforeEach(() => {
  state = new AppState();
  state.classes.value = [0, 1].map((k) => ({
    class_id: k,
    name: String(k),
    colour: "#000000",
    locked: false,
  }));
  state.annotations.labels = new Int16Array(N).fill(-1);
  state.annotations.predictions = new Int16Array(N).map((_, k) => k % 2);
  state.annotations.confidence = new Uint8Array(N).map((_, k) => 255 - k);
  sent = [];
  const note = () => {};
  decisions = new SheetDecisions(state, note, new AwaitedClass(state, note));
  const host = {
    allowed: () => true,
    note,
    fail: note,
    labelEach: (items: Uint32Array, classIds: Int16Array) => {
      sent.push({ items: [...items], classIds: [...classIds] });
      return Promise.resolve(true);
    },
  };
  review = new Review(state, host, decisions);
  const items = Uint32Array.from({ length: N }, (_, k) => k);
  before = { items, regions: [], tool: "lasso", revision: 3 };
  state.selection.value = before;
});

const openSelection = () => {
  const queue = bySheetOrder(state, before.items);
  review.openChosen({ kind: "selection", queue, fallback: -1 });
  clock += 10_000;
};
const sheet = () => state.review.sheet.value;
const items = () => sheet()?.items.map(({ item }) => item);

describe("a sheet of the selection", () => {
  it("has pages by class, the least confident predictions first", () => {
    openSelection();
    const zeros = Array.from({ length: 30 }, (_, k) => 58 - 2 * k);
    expect(items()).toEqual(zeros.slice(0, 27));
    expect(sheet()).toMatchObject({ total: N, page: { at: 0, of: 3 } });
    review.turn(1);
    expect(items()?.slice(0, 5)).toEqual([...zeros.slice(27), 59, 57]);
    expect(
      sheet()
        ?.items.map(({ group }) => group)
        .slice(0, 5),
    ).toEqual([0, 0, 0, 1, 1]);
    review.turn(2);
    expect(sheet()?.page?.at).toBe(1);
  });
  it("keeps corrections of other pages until these are confirmed", async () => {
    openSelection();
    decisions.correct(1);
    review.turn(1);
    clock += 10_000;
    review.confirm();
    await settled();
    expect(sent[0]?.items).not.toContain(58);
    expect(sheet()?.page?.at).toBe(2);
    review.turn(-2);
    review.confirm();
    await settled();
    expect(sent[1]?.classIds[sent[1].items.indexOf(58)]).toBe(1);
  });
  it("keeps labels, and never proposes to replace one", () => {
    state.annotations.labels[58] = 1;
    openSelection();
    review.turn(1);
    const one = sheet()!.items.find(({ item }) => item === 58);
    expect(one).toMatchObject({ class_id: 1, prediction: 0, proposed: 1 });
  });
  it("returns to the selection when it is closed or its last page is confirmed", async () => {
    openSelection();
    expect(state.selection.value.items).toHaveLength(27);
    review.close();
    expect(state.selection.value).toBe(before);
    openSelection();
    review.turn(2);
    clock += 10_000;
    review.confirm();
    await settled();
    expect(sheet()).toBeNull();
    expect(state.selection.value).toBe(before);
  });
});

describe("a sheet of similar items", () => {
  it("gives the item's label to items without a label and a prediction", () => {
    state.annotations.predictions.fill(-1);
    state.annotations.labels[3] = 0;
    review.openChosen({ kind: "similar", queue: Uint32Array.of(9, 3, 5), fallback: 1 });
    expect(items()).toEqual([9, 3, 5]);
    expect(sheet()?.items.map(({ proposed }) => proposed)).toEqual([1, 0, 1]);
  });
});
