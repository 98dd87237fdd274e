import { describe, expect, it, vi } from "vitest";
import { packItems } from "../../src/protocol/item-sets.js";
import type { Ack, AddRule, RuleInfo, RulePreviewed } from "../../src/protocol/messages.js";
import { type RuleParts, Rules } from "../../src/session/rule-commands.js";
import { AppState, NOTHING } from "../../src/state/app-state.js";

vi.stubGlobal("navigator", { platform: "" });

const info = (rule: number, changes: Partial<RuleInfo> = {}) =>
  ({
    rule,
    name: `oak ${rule}`,
    count: 5,
    changed_at: rule,
    kind: "region",
    class_id: 0,
    ...changes,
  }) as RuleInfo;

function made(allowed = true) {
  const state = new AppState();
  state.annotations.reset(Int16Array.of(-1, -1, 1, -1), new Int16Array(4), new Uint8Array(4));
  state.rules.offered.value = true;
  state.selection.value = { ...NOTHING, items: Uint32Array.of(0, 1), tool: "lasso" };
  let answer: (ack: Ack | null) => void = () => {};
  const parts = {
    connection: { command: vi.fn(() => true) },
    labelling: { answerTo: () => new Promise<Ack | null>((resolve) => (answer = resolve)) },
    notes: { add: vi.fn(), fail: vi.fn(), clear: vi.fn() },
    permission: { allowed: () => allowed },
    queries: { ask: vi.fn() },
  };
  const rules = new Rules(state, parts as unknown as RuleParts);
  const sent = () => parts.connection.command.mock.calls.map(([operation]: unknown[]) => operation);
  const accept = (sequence: number) => answer({ op: "ack", command_id: "c1", sequence, count: 5 });
  return { state, rules, parts, sent, accept, refuse: () => answer(null) };
}

const packed = (...items: number[]) =>
  btoa(String.fromCharCode(...packItems(Uint32Array.from(items))));

const previewed = (...items: number[]): Partial<RulePreviewed> => ({
  op: "rule_previewed",
  packed: packed(...items),
  chosen: 2,
  kept: 2,
  locked: 0,
  verified: 0,
  space: "vectors",
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("keep", () => {
  it("sends the selection as a rule, clears it, and switches off", async () => {
    const { state, rules, parts, sent, accept } = made();
    state.rules.keep.value = true;
    rules.keep(0);
    const [added] = sent() as [AddRule];
    expect([added.op, added.kind, added.class_id, added.items]).toEqual([
      "add_rule",
      "region",
      0,
      [0, 1],
    ]);
    expect(added.provenance?.tool).toBe("lasso");
    expect([state.rules.keep.value, state.selection.value.items.length]).toEqual([false, 0]);
    state.rules.setList([info(4), info(6)]); // another person added a rule at the same time
    accept(4);
    await settled();
    expect(parts.notes.add).toHaveBeenCalledWith(
      "Kept as the rule “oak 4”, which votes on 5 items. Ctrl Z undoes this.",
      "c1",
    );
    expect(state.rules.chosen.value).toBe(4);
  });
  it("shows the labels of unlabelled items before the answer", async () => {
    const { state, rules, parts } = made();
    parts.queries.ask.mockResolvedValue(previewed(0, 1, 2, 3));
    rules.preview();
    await settled();
    rules.keep(0);
    expect(Array.from(state.annotations.labels)).toEqual([0, 0, 1, 0]);
  });
  it("sends nothing if the session cannot be changed", () => {
    const { state, rules, sent } = made(false);
    rules.keep(0);
    rules.delete(3);
    rules.edit(3, { on: false });
    rules.fromSearch(0, "a");
    expect(sent()).toEqual([]);
    expect(state.selection.value.items).toHaveLength(2);
  });
});

describe("preview", () => {
  it("has the matched items, and ignores the answers to older questions", async () => {
    const { state, rules, parts } = made();
    let first: (answer: unknown) => void = () => {};
    parts.queries.ask.mockReturnValueOnce(new Promise((resolve) => (first = resolve)));
    rules.preview();
    parts.queries.ask.mockResolvedValueOnce(previewed(0, 1, 3));
    rules.preview();
    await settled();
    first(previewed(0));
    await settled();
    expect(Array.from(state.rules.preview.value!.items)).toEqual([0, 1, 3]);
  });
  it("has the reason of a refusal", async () => {
    const { state, rules, parts } = made();
    parts.queries.ask.mockResolvedValueOnce({ op: "refused", message: "No features." });
    rules.preview();
    await settled();
    expect(state.rules.preview.value?.problem).toBe("No features.");
    parts.queries.ask.mockResolvedValueOnce(null);
    rules.preview();
    await settled();
    expect(state.rules.preview.value?.problem).toContain("busy");
  });
});

describe("the preview of a reach", () => {
  async function previewing() {
    const all = made();
    const { state, rules, parts } = all;
    state.rules.setList([info(4, { reach: 1 }), info(6)]);
    parts.queries.ask.mockResolvedValueOnce(previewed(0, 1, 3));
    rules.previewReach(4, 2);
    await settled();
    return all;
  }
  it("does not replace the preview of the selection", async () => {
    const { state, rules, parts } = await previewing();
    parts.queries.ask.mockResolvedValueOnce(previewed(0, 1));
    rules.preview();
    await settled();
    expect(state.rules.reached.value).toMatchObject({ rule: 4, reach: 2 });
    expect(
      [state.rules.preview, state.rules.reached].map((one) => one.value?.items.length),
    ).toEqual([2, 3]);
  });
  it("ends when its rule has changed, also for answers that arrive later", async () => {
    const { state, rules, parts } = await previewing();
    state.rules.setList([info(4, { reach: 1 }), info(6, { changed_at: 7 })]);
    expect(state.rules.reached.value).not.toBeNull();
    let late: (answer: unknown) => void = () => {};
    parts.queries.ask.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
    rules.previewReach(4, 2.5);
    state.rules.setList([info(4, { reach: 2, changed_at: 8 })]);
    expect(state.rules.reached.value).toBeNull();
    late(previewed(0));
    await settled();
    expect(state.rules.reached.value).toBeNull();
  });
  it("ends with the answer to the change, which the caller learns", async () => {
    const { state, rules, parts, refuse, accept } = await previewing();
    let late: (answer: unknown) => void = () => {};
    parts.queries.ask.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
    rules.previewReach(4, 2.5);
    const refused = rules.edit(4, { reach: 2.5 });
    late(previewed(0));
    await settled();
    expect(state.rules.reached.value?.reach).toBe(2); // no other items until the rule has changed
    refuse();
    expect(await refused).toBe(false);
    expect(state.rules.reached.value).toBeNull();
    const accepted = rules.edit(4, { reach: 1 });
    accept(9);
    expect(await accepted).toBe(true);
  });
  it("ends when the user gives up", async () => {
    const { state, rules } = await previewing();
    rules.endPreview();
    expect(state.rules.reached.value).toBeNull();
  });
});

describe("a hull that is moved", () => {
  it("has the preview of the newest items, until the motion ends", async () => {
    const { state, rules, parts } = made();
    const inside = Uint32Array.of(1, 3);
    state.rules.moved.value = { rule: 4, inside, matched: null };
    parts.queries.ask.mockResolvedValueOnce(previewed(1, 2, 3));
    await rules.previewMove(4, inside);
    expect(parts.queries.ask.mock.calls[0]?.[0]).toMatchObject({ kind: "region", items: [1, 3] });
    expect(Array.from(state.rules.moved.value.matched!.items)).toEqual([1, 2, 3]);
    parts.queries.ask.mockResolvedValueOnce(previewed(0));
    const late = rules.previewMove(4, inside);
    rules.endPreview();
    await late;
    expect(state.rules.moved.value).toBeNull();
  });
  it("makes its rule again from the items, with the reach 1", async () => {
    const { rules, sent, accept } = made();
    const done = rules.remake(4, Uint32Array.of(1, 3));
    expect(sent()).toMatchObject([{ op: "edit_rule", rule: 4, items: [1, 3], reach: 1 }]);
    accept(9);
    expect(await done).toBe(true);
    const viewer = made(false);
    expect(await viewer.rules.remake(4, Uint32Array.of(1, 3))).toBe(false);
    expect(viewer.sent()).toEqual([]);
  });
});

it("gives a copy a name that no rule has, and that the server accepts", () => {
  const { state, rules, sent } = made();
  rules.duplicate(info(4, { name: "🌳".repeat(80) }));
  rules.duplicate(info(5, { name: "x".repeat(73) }));
  const names = (sent() as AddRule[]).map(({ name }) => Array.from(name ?? ""));
  expect(names.map((name) => name.length)).toEqual([80, 80]);
  expect(names[0]?.join("")).toBe(`${"🌳".repeat(73)} (copy)`);
  state.rules.setList(["oak", "oak (copy)", "oak (copy 2)"].map((name, k) => info(k, { name })));
  rules.duplicate(info(0, { name: "oak" }));
  expect((sent().at(-1) as AddRule).name).toBe("oak (copy 3)");
});

it("sends changes of rules", () => {
  const { rules, sent } = made();
  rules.edit(4, { reach: 1.5 });
  rules.delete(4);
  rules.duplicate(info(4));
  rules.duplicate(info(4, { name: "o".repeat(80) }));
  rules.fromSearch(1, "id:a");
  rules.fromPredictions(1, 0.8);
  expect(sent()).toMatchObject([
    { op: "edit_rule", rule: 4, reach: 1.5 },
    { op: "delete_rule", rule: 4 },
    { op: "add_rule", copy_of: 4, kind: "region", name: "oak 4 (copy)" },
    { op: "add_rule", name: `${"o".repeat(73)} (copy)` },
    { op: "add_rule", kind: "query", query: "id:a", class_id: 1 },
    { op: "add_rule", kind: "predictions", confidence: 0.8, class_id: 1 },
  ]);
});
