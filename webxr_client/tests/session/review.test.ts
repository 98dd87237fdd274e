import { beforeEach, describe, expect, it, vi } from "vitest";
import type {
  ClassInfo,
  Provenance,
  Quality,
  Sheet,
  SheetItem,
  Suggestion,
  Training,
} from "../../src/protocol/messages.js";
import { AwaitedClass } from "../../src/session/awaited-class.js";
import { PredictionTools } from "../../src/session/prediction-tools.js";
import { Review, type ReviewHost } from "../../src/session/review.js";
import { SheetDecisions } from "../../src/session/sheet-decisions.js";
import { AppState, NOTHING } from "../../src/state/app-state.js";
import {
  labelDiffers,
  type OpenSheet,
  sheetLabels,
  withoutSetAside,
} from "../../src/state/review-state.js";
import { acceptedPredictions } from "../../src/state/selection-summary.js";
import { latentOf } from "../interaction/xr/fixtures.js";

vi.stubGlobal("window", globalThis);

const item = (n: number, class_id: number, prediction: number, doubt: number): SheetItem => ({
  item: n,
  class_id,
  prediction,
  confidence: 0.8,
  doubt,
  proposed: class_id < 0 || (doubt >= 0.9 && prediction >= 0) ? prediction : class_id,
  group: 0,
});

describe("the label after Enter", () => {
  it("differs where the prediction contradicts the label", () => {
    expect([item(0, 5, 3, 0.1), item(0, 3, 3, 0.9), item(0, -1, 3, 0.9)].map(labelDiffers)).toEqual(
      [true, false, false],
    );
  });
  it("is ordered by item, with corrections, without items set aside", () => {
    const items = [item(9, 5, 3, 0.9), item(2, 1, 1, 0.2), item(4, -1, 7, 0.5), item(6, -1, -1, 1)];
    const said = sheetLabels({ items }, new Map([[2, 8]]), new Set([4]));
    expect(Array.from(said.items)).toEqual([2, 9]);
    expect(Array.from(said.classIds)).toEqual([8, 3]);
    expect(said.changed).toBe(2);
  });
  it("is proposed for the most doubtful items that are not set aside", () => {
    const items = Array.from({ length: 30 }, (_, k) => item(k, -1, 0, k / 30));
    const left = withoutSetAside({ kind: "uncertain", items }, new Set([29]));
    expect(left.map((one) => one.item)).toEqual(Array.from({ length: 27 }, (_, k) => k + 2));
  });
  it("is proposed for the first items of an overview that are not set aside", () => {
    const items = Array.from({ length: 30 }, (_, k) => item(k, -1, 0, k / 30));
    const left = withoutSetAside({ kind: "overview", items }, new Set([3]));
    expect(left.map((one) => one.item)).toEqual(
      Array.from({ length: 27 }, (_, k) => k + Number(k >= 3)),
    );
  });
});

let state: AppState;
let review: Review;
let decisions: SheetDecisions;
let awaited: AwaitedClass;
let added: [string, string][];
let tools: PredictionTools;
let notes: string[];
let sent: {
  items: number[];
  classIds: number[];
  provenance: Provenance;
  answer(accepted: boolean): void;
}[];
let sheets: Sheet[];
let asked: [string, number][];
let suggestion: Suggestion;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const sheetOf = (items: SheetItem[], total: number): Sheet => ({
  kind: "suspects",
  items,
  groups: [{ size: null, may_be_new: false }],
  total,
  expected_wrong: 0,
});

beforeEach(() => {
  state = new AppState();
  state.classes.value = Array.from(
    { length: 10 },
    (_, k): ClassInfo => ({ class_id: k, name: String(k), colour: "#000000", locked: k === 9 }),
  );
  notes = [];
  sent = [];
  asked = [];
  sheets = [
    sheetOf([item(8, 1, 1, 0.4), item(4, 2, 1, 0.8), item(6, 3, 3, 0.1)], 5),
    sheetOf([item(11, 1, 2, 0.8)], 1),
    sheetOf([item(12, 1, 1, 0.1)], 0),
  ];
  const host: ReviewHost = {
    allowed: () => true,
    note: (message) => notes.push(message),
    fail: (message) => notes.push(message),
    labelEach: (items, classIds, provenance) =>
      new Promise((answer) => {
        sent.push({ items: [...items], classIds: [...classIds], provenance, answer });
      }),
  };
  added = [];
  awaited = new AwaitedClass(state, (name, commandId) => added.push([name, commandId]));
  decisions = new SheetDecisions(state, host.note, awaited);
  tools = new PredictionTools(state, host);
  review = new Review(state, host, decisions, {
    sheet: (kind, size) => {
      asked.push([kind, size]);
      return Promise.resolve(sheets.shift() as Sheet);
    },
    next: () => Promise.resolve(suggestion),
  });
});

/** Open a sheet, and let `ms` milliseconds pass, by default more than a person needs. */
const open = async (ms = 10_000) => {
  review.open("suspects");
  await settled();
  passed(ms);
};
let clock = 0;
const passed = (ms: number) => {
  clock += ms;
};
vi.spyOn(performance, "now").mockImplementation(() => clock);
const sheet = () => state.review.sheet.value;

describe("a contact sheet", () => {
  it("is fetched again with the first predictions, unless it is corrected", async () => {
    const nothing = () => sheetOf([item(8, -1, -1, 1), item(4, -1, -1, 1)], 2);
    const predicted = (which: number) => {
      state.annotations.predictions = new Int16Array(20).fill(which);
      state.predictionsVersion.value += 1;
    };
    state.annotations.predictions = new Int16Array(20).fill(-1);
    sheets = [nothing(), sheetOf([item(8, -1, 3, 0.4)], 1), nothing()];
    await open();
    expect(state.predictionsVersion.value, "no class is hidden").toBe(0);
    predicted(-1);
    await settled();
    expect(asked).toHaveLength(1);
    predicted(3);
    await settled();
    expect(sheet()?.items.map((one) => one.prediction)).toEqual([3]);
    predicted(4); // the sheet has predictions now, so it stays
    await settled();
    expect(asked).toHaveLength(2);
    predicted(-1);
    await open();
    state.review.at.value = 0;
    decisions.correct(7);
    predicted(3);
    await settled();
    expect(asked).toHaveLength(3);
    expect(sheet()?.items).toHaveLength(2);
  });
  it("does nothing when it is confirmed without predictions and corrections", async () => {
    sheets.unshift(sheetOf([item(8, -1, -1, 1), item(4, -1, -1, 1)], 2));
    await open();
    expect(review.confirm()).toBe(false);
    expect(sent).toEqual([]);
    expect(sheet()?.status).toBe("open");
    state.review.at.value = 1;
    decisions.correct(7);
    expect(review.confirm()).toBe(true);
    expect(sent[0]).toMatchObject({ items: [4], classIds: [7] });
  });
  it("selects its items and is confirmed as one verified gesture", async () => {
    await open();
    expect(Array.from(state.selection.value.items)).toEqual([4, 6, 8]);
    expect(sheet()).toMatchObject({ kind: "suspects", total: 5, status: "open" });
    expect(sheet()?.expectedWrong).toBeCloseTo(1.3);
    state.review.at.value = 0;
    decisions.correct(7);
    state.review.at.value = 2;
    decisions.setAside();
    review.confirm();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ items: [4, 8], classIds: [2, 7] });
    expect(sent[0]?.provenance).toEqual({
      tool: "sheet",
      verified: true,
      note: "2 looked at, 1 changed",
    });
    review.confirm();
    expect(sent, "the answer has not arrived").toHaveLength(1);
  });
  it("gives accepted predictions when it is confirmed without a look", async () => {
    sheets.unshift(sheetOf([item(8, -1, 2, 0.4), item(4, 1, 2, 0.95)], 2));
    await open(99);
    expect(review.confirm()).toBe(true);
    expect(sent[0]).toMatchObject({ items: [8], classIds: [2] });
    expect(sent[0]?.provenance).toMatchObject({ tool: "accept" });
    expect(sent[0]?.provenance.verified).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining("1 of them is labelled as predicted")]);
    // Without a look at the pictures, existing labels must not be replaced.
    sent[0]?.answer(true);
    await settled();
    expect(review.confirm()).toBe(false);
    expect(notes[1]).toContain("Nothing was labelled");
    passed(151);
    expect(review.confirm()).toBe(true);
    expect(sent[1]?.provenance).toMatchObject({ tool: "sheet", verified: true });
  });
  it("is verified when a picture was corrected, however fast", async () => {
    await open(0);
    decisions.correct(7);
    review.confirm();
    expect(sent[0]?.provenance).toMatchObject({ tool: "sheet", verified: true });
  });
  it("is followed by the next one until the queue is empty", async () => {
    await open();
    review.confirm();
    expect(sheet()?.status).toBe("busy");
    sent[0]?.answer(true);
    await settled();
    passed(10_000);
    expect(sheet()?.items.map((one) => one.item)).toEqual([11]);
    review.confirm();
    sent[1]?.answer(true);
    await settled();
    expect(sheet()?.status).toBe("done");
    expect(state.selection.value.items).toHaveLength(0);
    review.confirm();
    expect(sent).toHaveLength(2);
    review.goOn();
    expect(sheet()?.status).toBe("open");
    expect(Array.from(state.selection.value.items)).toEqual([12]);
  });
  it("keeps its corrections when it is refused", async () => {
    await open();
    decisions.correct(7);
    review.confirm();
    sent[0]?.answer(false);
    await settled();
    expect(sheet()?.status).toBe("open");
    expect(state.review.corrected.value.get(8)).toBe(7);
  });
  it("does not contain items set aside before", async () => {
    await open();
    decisions.setAside();
    review.confirm();
    sheets[0] = sheetOf([item(8, 1, 1, 0.4), item(11, 1, 2, 0.8)], 2);
    sent[0]?.answer(true);
    await settled();
    expect(asked).toEqual([
      ["suspects", 27],
      ["suspects", 28],
    ]);
    expect(sheet()?.items.map((one) => one.item)).toEqual([11]);
    expect(sheet()?.total).toBe(1);
  });
  it("accepts one decision per picture and no locked class", async () => {
    await open();
    decisions.correct(7);
    decisions.setAside();
    expect(state.review.corrected.value.size).toBe(0);
    decisions.correct(5);
    expect(state.review.aside.value.size).toBe(0);
    decisions.correct(9);
    expect(state.review.corrected.value.get(8)).toBe(5);
    expect(notes.join()).toContain("locked");
  });
  it("is put away with its corrections; closing discards them", async () => {
    await open();
    decisions.correct(7);
    state.selection.value = { ...NOTHING, items: Uint32Array.of(1) };
    expect(sheet()).toBeNull();
    expect(notes.join()).toContain("corrections are kept");
    sheets = [sheetOf([item(8, 1, 1, 0.4)], 1)];
    await open();
    expect(state.review.corrected.value.get(8)).toBe(7);
    review.close();
    expect(state.selection.value.items).toHaveLength(0);
    expect(state.review.corrected.value.size).toBe(0);
  });
  it("that is closed ignores a late answer", async () => {
    review.open("suspects");
    review.close();
    await settled();
    expect(sheet()).toBeNull();
  });
});

describe("a blind sheet", () => {
  it("announces its items once, whatever its status", () => {
    const review = new AppState().review;
    const open = { kind: "double", items: [{ item: 8 }, { item: 4 }], status: "open" };
    review.sheet.value = open as unknown as OpenSheet;
    const { value } = review.blind;
    expect([...value]).toEqual([4, 8]);
    review.sheet.value = { ...review.sheet.value, status: "busy" } as OpenSheet;
    expect(review.blind.value).toBe(value);
  });
  const blind = (numbers: number[], total: number): Sheet => ({
    ...sheetOf(
      numbers.map((n) => item(n, -1, -1, 0)),
      total,
    ),
    kind: "double",
  });
  beforeEach(async () => {
    state.annotations.reset(
      new Int16Array(20).fill(2),
      new Int16Array(20).fill(3),
      new Uint8Array(20).fill(200),
    );
    sheets = [blind([8, 4, 6], 40), blind([11, 9], 37)];
    review.open("double");
    await settled();
    passed(10_000);
  });
  const known = (n: number) => [state.annotations.labels[n], state.annotations.predictions[n]];

  it("sends what was set aside, and takes the number of left items from the server", async () => {
    decisions.correct(7);
    state.review.at.value = 1;
    decisions.setAside();
    review.confirm();
    expect(sent[0]).toMatchObject({ items: [4, 8], classIds: [-1, 7] });
    expect(sent[0]?.provenance).toMatchObject({ blind: true });
    sent[0]?.answer(true);
    await settled();
    expect(asked).toEqual([
      ["double", 27],
      ["double", 27],
    ]);
    expect(sheet()).toMatchObject({ total: 37, status: "open" });
    expect(sheet()?.items.map((one) => one.item)).toEqual([11, 9]);
    // Items set aside on the previous sheet are not sent again.
    passed(10_000);
    state.review.at.value = 1;
    decisions.setAside();
    review.confirm();
    expect(sent[1]).toMatchObject({ items: [9], classIds: [-1] });
  });
  it("hides the classes of its items until it closes", async () => {
    const versions = [state.labelsVersion.value, state.predictionsVersion.value];
    expect([known(4), known(6), known(8), known(9)]).toEqual([
      [-1, -1],
      [-1, -1],
      [-1, -1],
      [2, 3],
    ]);
    expect(state.labelCounts.value[2]).toBe(20);
    expect(state.predictedCounts.value[3]).toBe(20);
    state.annotations.setLabels({ items: [4, 9], class_ids: [5, 5], packed: "" });
    state.annotations.setPredictions(Uint32Array.of(4), Int16Array.of(6), Uint8Array.of(9));
    expect([known(4), known(9)]).toEqual([
      [-1, -1],
      [5, 3],
    ]);
    decisions.correct(7);
    review.confirm();
    expect(known(4), "while the answer is awaited").toEqual([-1, -1]);
    sent[0]?.answer(true);
    await settled();
    expect([known(4), known(9)]).toEqual([
      [5, 6],
      [-1, -1],
    ]);
    review.close();
    expect([known(4), known(9)]).toEqual([
      [5, 6],
      [5, 3],
    ]);
    expect(state.annotations.confidence[4]).toBe(9);
    expect(state.labelsVersion.value).toBeGreaterThan(versions[0]!);
    expect(state.predictionsVersion.value).toBeGreaterThan(versions[1]!);
  });
});

describe("an overview", () => {
  const [region, mixed] = [
    { size: 40, may_be_new: true },
    { size: 7, may_be_new: false },
  ];
  const inGroup = (n: number, group: number, prediction = -1): SheetItem => ({
    ...item(n, -1, prediction, 1),
    group,
  });
  const overview = (): Sheet => ({
    ...sheetOf([inGroup(5, 0), inGroup(3, 0), inGroup(8, 0), inGroup(2, 1), inGroup(9, 1)], 47),
    kind: "overview",
    groups: [region, mixed],
  });
  beforeEach(async () => {
    sheets = [overview(), sheetOf([item(11, 1, 2, 0.8)], 1)];
    review.open("overview");
    await settled();
    passed(10_000);
  });

  it("gives one class to a whole group, then goes to the next group", () => {
    expect(state.review.whole.value).toBe(true);
    decisions.correct(4);
    expect([...state.review.named.value]).toEqual([
      [5, 4],
      [3, 4],
      [8, 4],
    ]);
    expect(state.review.at.value).toBe(3);
    decisions.correct(6);
    expect(state.review.at.value).toBe(3); // no group is left
    review.confirm();
    expect(sent[0]).toMatchObject({ items: [2, 3, 5, 8, 9], classIds: [6, 4, 4, 4, 6] });
    expect(sent[0]?.provenance).toEqual({
      tool: "sheet",
      verified: true,
      note: "5 looked at, 5 changed, 2 groups named",
    });
  });
  it("keeps the class of a picture that differs from its group", () => {
    state.review.whole.value = false;
    state.review.at.value = 1;
    decisions.correct(7);
    state.review.whole.value = true;
    decisions.correct(4);
    decisions.correct(6);
    state.review.at.value = 0;
    decisions.correct(2); // another class for the group
    expect(Object.fromEntries(state.review.given.value)).toEqual({ 5: 2, 3: 7, 8: 2, 2: 6, 9: 6 });
  });
  it("goes to the next region whether or not the model predicts a class for it", async () => {
    const predicted = overview();
    sheets = [{ ...predicted, items: predicted.items.map((one) => ({ ...one, proposed: 3 })) }];
    review.open("overview");
    await settled();
    state.review.whole.value = false;
    state.review.at.value = 3;
    decisions.correct(7); // one picture of the second region
    state.review.at.value = 0;
    state.review.whole.value = true;
    decisions.correct(4);
    expect(state.review.at.value).toBe(3);
    decisions.correct(6);
    expect(state.review.at.value).toBe(3); // each region is decided
    expect(Object.fromEntries(state.review.given.value)).toEqual({ 5: 4, 3: 4, 8: 4, 2: 7, 9: 6 });
  });
  it("sets a whole group aside, and includes it again", () => {
    decisions.setAside();
    expect([...state.review.aside.value]).toEqual([5, 3, 8]);
    decisions.setAside();
    expect(state.review.aside.value.size).toBe(0);
    decisions.setAside();
    decisions.correct(4);
    expect(state.review.aside.value.size).toBe(0);
  });
  it("gives a new class to the framed group when the class has been added", () => {
    decisions.correctTo("3");
    expect(state.review.named.value.get(5)).toBe(3);
    expect(added).toEqual([]);
    decisions.correctTo("owl");
    expect(added.map(([name]) => name)).toEqual(["owl"]);
    expect(state.review.named.value.has(2)).toBe(false);
    const owl = { class_id: 10, name: "owl", colour: "#000000", locked: false };
    state.classes.value = [...state.classes.value, owl];
    expect(state.review.named.value.get(2)).toBe(10);
    state.classes.value = [...state.classes.value, { ...owl, class_id: 11, name: "elk" }];
    expect(state.review.named.value.get(2)).toBe(10);
  });
  it("does not wait for a class that the server has refused", () => {
    decisions.correctTo("owl");
    awaited.handleRefusal("of another command");
    awaited.handleRefusal(added[0]![1]);
    const owl = { class_id: 10, name: "owl", colour: "#000000", locked: false };
    state.classes.value = [...state.classes.value, owl]; // added by another person
    expect(state.review.named.value.size).toBe(0);
  });
  it("is followed by what is suggested, and keeps what was set aside", async () => {
    state.review.at.value = 3;
    decisions.setAside();
    state.review.at.value = 0;
    decisions.correct(4);
    review.confirm();
    suggestion = {
      kind: "uncertain",
      items: [],
      class_id: -1,
      reason: "27 items between two classes",
      gain: 9,
      seconds: 25,
      size: 27,
    };
    sent[0]?.answer(true);
    await settled();
    expect(sheet()).toMatchObject({ kind: "uncertain", reason: "27 items between two classes" });
    expect(state.review.whole.value).toBe(false);
    expect(state.review.named.value.size).toBe(0);
    expect([...state.review.aside.value]).toEqual([2, 9]);
  });
  it("closes when nothing is left to suggest", async () => {
    decisions.correct(4);
    review.confirm();
    suggestion = { ...suggestion, kind: "done", reason: "99 % are right" };
    sent[0]?.answer(true);
    await settled();
    expect(sheet()).toBeNull();
    expect(notes).toEqual(["99 % are right"]);
  });
});

describe("the end", () => {
  const done = () => {
    suggestion = { ...suggestion, kind: "done", reason: "nothing more to correct" };
    return review.next();
  };
  it("is a state and no note once every class has a label, until the labels change", async () => {
    state.review.quality.value = { classes: 3, classes_labelled: 3, labelled: 9 } as Quality;
    await done();
    expect([state.review.ended.value, notes]).toEqual(["nothing more to correct", []]);
    state.labelsVersion.value += 1;
    expect(state.review.ended.value).toBe("");
  });
  it("is a note, too, in VR", async () => {
    state.review.quality.value = { classes: 3, classes_labelled: 3, labelled: 9 } as Quality;
    state.xr.presenting.value = "immersive-vr";
    await done();
    expect(notes).toEqual(["nothing more to correct"]);
  });
  it("accepts all predictions of unlocked classes as one gesture", async () => {
    state.annotations.reset(
      Int16Array.of(0, -1, -1, -1),
      Int16Array.of(1, 1, 2, -1),
      new Uint8Array(4),
    );
    state.classes.value = [0, 1, 2].map((class_id) => ({
      class_id,
      name: String(class_id),
      colour: "#ffffff",
      locked: class_id === 2,
    }));
    state.review.quality.value = { classes: 3, classes_labelled: 2, labelled: 9 } as Quality;
    tools.acceptAll();
    expect([sent, notes.length]).toEqual([[], 1]);
    state.review.quality.value = null;
    tools.acceptAll();
    expect(sent[0]).toMatchObject({ items: [1], classIds: [1], provenance: { tool: "accept" } });
    sent[0]?.answer(true);
    await settled();
    expect(notes[1]).toContain("1 item has its prediction as label");
  });
});

describe("the suggestion", () => {
  it("of a region is selected with its reason", async () => {
    suggestion = {
      kind: "region",
      items: [3, 20, 100],
      class_id: 1,
      reason: "an island without labels",
      gain: 9,
      seconds: 20,
      size: 0,
    };
    await review.next();
    expect(state.selection.value).toMatchObject({
      reason: "an island without labels",
      tool: "cluster",
    });
    expect(Array.from(state.selection.value.items)).toEqual([3, 20, 100]);
  });
  it("of a sheet is followed by the next, when the model has learned from its labels", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      state.training.value = { state: "resting" } as Training;
      suggestion = {
        kind: "suspects",
        items: [],
        class_id: -1,
        reason: "5 labels are doubtful",
        gain: 4,
        seconds: 20,
        size: 9,
      };
      await review.next();
      await vi.advanceTimersByTimeAsync(0);
      for (const [number, arrives] of [true, false].entries()) {
        passed(10_000);
        review.confirm();
        sent[number]?.answer(true);
        await vi.advanceTimersByTimeAsync(1999);
        expect([asked.length, sheet()?.status]).toEqual([number + 1, "busy"]);
        if (arrives) state.predictionsVersion.value += 1;
        await vi.advanceTimersByTimeAsync(arrives ? 0 : 1);
        expect(asked).toHaveLength(number + 2);
      }
    } finally {
      vi.useRealTimers();
    }
  });
  it("of a sheet opens the sheet, and of nothing shows the reason", async () => {
    suggestion = {
      kind: "suspects",
      items: [],
      class_id: -1,
      reason: "5 labels are doubtful",
      gain: 4,
      seconds: 20,
      size: 2,
    };
    await review.next();
    await settled();
    expect(sheet()).toMatchObject({ kind: "suspects", reason: "5 labels are doubtful" });
    expect(asked).toEqual([["suspects", 2]]);
    expect(sheet()?.items.map((one) => one.item)).toEqual([8, 4]);
    suggestion = {
      kind: "done",
      items: [],
      class_id: -1,
      reason: "98 % are right",
      gain: 0,
      seconds: null,
      size: 0,
    };
    await review.next();
    expect(notes).toEqual(["98 % are right"]);
  });
});

describe("accept", () => {
  beforeEach(() => {
    const confidence = Uint8Array.from([0.99, 0.96, 0.94, 0.99, 0.99, 0.5], (share) =>
      Math.round(255 * share),
    );
    state.annotations.reset(
      Int16Array.of(-1, -1, -1, 2, -1, -1),
      Int16Array.of(1, 2, 1, 1, 9, -1),
      confidence,
    );
    state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1, 2, 3, 4, 5) };
  });
  it("labels unlabelled items with confident predictions of unlocked classes", () => {
    const { items, classIds, unlabelled } = acceptedPredictions(state, state.selection.value);
    expect(Array.from(items)).toEqual([0, 1]);
    expect(Array.from(classIds)).toEqual([1, 2]);
    expect(unlabelled).toBe(5);
    state.review.acceptFrom.value = 0.9;
    expect(acceptedPredictions(state, state.selection.value).items).toHaveLength(3);
  });
  it("is one gesture, and keeps the other items selected", () => {
    const quality = state.review.quality.value;
    state.review.quality.value = { classes: 10, classes_labelled: 5, labelled: 9 } as Quality;
    expect(tools.accept()).toBe(false);
    expect(notes.pop()).toContain("5 of 10 classes have labels");
    state.review.quality.value = quality;
    tools.accept();
    expect(sent[0]).toMatchObject({
      items: [0, 1],
      classIds: [1, 2],
      provenance: { tool: "accept", note: "predictions of 95 % and more" },
    });
    expect(sent[0]?.provenance.verified).toBeUndefined();
    expect(Array.from(state.selection.value.items)).toEqual([2, 3, 4, 5]);
  });
  it("shows what to do when no prediction can be accepted", () => {
    expect(tools.accept()).toBe(true);
    expect(notes).toEqual([]);
    expect(tools.accept()).toBe(false);
    state.selection.value = { ...NOTHING, items: Uint32Array.of(3) };
    expect(tools.accept()).toBe(false);
    state.selection.value = NOTHING;
    expect(tools.accept()).toBe(false);
    expect(sent).toHaveLength(1);
    expect(notes.map((note) => note.slice(0, 50))).toEqual([
      "No unlabelled item of the selection has a confiden",
      "Select items without a label first. Accepting turn",
      "Select items without a label first. Accepting turn",
    ]);
  });
});

describe("grow", () => {
  it("adds nearby items with the same prediction and no other label", () => {
    const points = Array.from({ length: 40 }, (_, k) => [0.002 * k, 0, 0]);
    Object.assign(state.latent, latentOf(points));
    const labels = new Int16Array(40).fill(-1);
    labels[5] = 3;
    state.annotations.reset(labels, new Int16Array(40).fill(1), new Uint8Array(40));
    state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1) };
    tools.grow();
    const { items, tool, note } = state.selection.value;
    expect(items).toHaveLength(39);
    expect(items).not.toContain(5);
    expect([tool, note]).toEqual(["cluster", "grown to the same prediction"]);
    tools.grow();
    expect(notes.join()).toContain("No more items nearby");
  });
});
