import { describe, expect, it } from "vitest";
import type { ClassInfo, RuleInfo, Why } from "../../src/protocol/messages.js";
import { AppState, NOTHING } from "../../src/state/app-state.js";
import type { Matched } from "../../src/state/rule-state.js";
import {
  accuracyReason,
  accuracyText,
  notLabelledText,
  personName,
  previewText,
  shortPreview,
  sourceText,
  weighedText,
  weightText,
} from "../../src/state/rule-text.js";

const preview = (changes: Partial<Matched>): Matched => ({
  items: new Uint32Array(223),
  chosen: 200,
  kept: 180,
  locked: 0,
  verified: 0,
  space: "vectors",
  problem: "",
  ...changes,
});

const figures = {
  rule: 1,
  labelled: 3,
  conflicts: 2,
  compared: 57,
  accuracy: 0.941,
  low: 0.905,
  high: 0.968,
};

describe("previewText", () => {
  it("states how many selected items and how many others the rule votes on", () => {
    expect(previewText(preview({}))).toBe(
      "Votes on 180 of the 200 selected items and on 43 others.",
    );
    const exact = preview({ items: new Uint32Array(200), kept: 200 });
    expect(previewText(exact)).toBe("Votes on all of the 200 selected items and on no others.");
    const one = preview({ items: new Uint32Array(201), kept: 200 });
    expect(previewText(one)).toContain("and on 1 other.");
    expect(shortPreview(preview({}))).toBe("180 of 200 selected, 43 others");
    expect(shortPreview(preview({ chosen: 0, kept: 0 }))).toBe("223 items");
  });
  it("states which labels stay, or why there is no preview", () => {
    expect(previewText(preview({ verified: 1, locked: 2 }))).toBe(
      "Votes on 180 of the 200 selected items and on 43 others; 1 verified keeps its label; " +
        "2 of locked classes are left out.",
    );
    expect(previewText(preview({ chosen: 0, kept: 0 }))).toBe("Votes on 223 items.");
    expect(previewText(preview({ problem: "No model." }))).toBe("No model.");
  });
});

describe("the controls of a rule", () => {
  const rule = { kind: "region", chosen: 200, kept: 180, space: "vectors" } as RuleInfo;
  it("name its source", () => {
    expect(sourceText(rule)).toBe(
      "Made from 200 selected items, 180 of which it matches, by vectors.",
    );
    expect(sourceText({ ...rule, chosen: 0, kept: 0 })).toBe("Made from a selection, by vectors.");
  });
  it("name the reason why items do not have their label from it", () => {
    expect(notLabelledText({ on: false }, 0)).toBe(
      "The rule is off, so no item has its label from it.",
    );
    expect(notLabelledText({ on: true }, 0)).toContain("No items have their label from this rule.");
    expect(notLabelledText({ on: true }, 1)).toMatch(/^1 item has its label .* rules and labels/);
  });
});

describe("the accuracy of a rule", () => {
  it("is a share with its interval, and from how many items it is known", () => {
    expect(accuracyText(figures)).toBe("94 % right (90 to 97 %)");
    expect(accuracyReason(figures)).toContain("57 items");
  });
  it("is not stated while it is not known", () => {
    const unknown = { ...figures, compared: 7, accuracy: null, low: null, high: null };
    expect(accuracyText(unknown)).toBe("");
    expect(accuracyText(undefined)).toBe("");
    expect(accuracyReason(unknown)).toContain("there are 7 so far");
  });
});

it("names the weight of a vote and its person", () => {
  const words = [120, 20, 4, 1.5, 1.1, 0.3].map((odds) => weightText({ odds, verified: false }));
  expect(words).toEqual(["very strong", "strong", "medium", "weak", "almost none", "almost none"]);
  expect(weightText({ odds: 1, verified: true })).toContain("verified");
  expect(personName("owner", "owner", null)).toBe("you");
  expect(personName("owner", "viewer", null)).toBe("the owner");
  expect(personName("d1", "owner", null)).toBe("another device");
});

it("states the class that all votes support, and why another class can be the label", () => {
  const classes = ["oak", "elm"].map((name) => ({ name })) as ClassInfo[];
  const vote = { decides: true, verified: false };
  const why = { class_id: 0, votes: [vote], probabilities: { 0: 0.02, 1: 0.48 } } as unknown as Why;
  expect(weighedText(why, classes)).toBe(
    "Weighed together: 96 % elm, 4 % oak. The newest vote decides.",
  );
  expect(weighedText({ ...why, class_id: 1 }, classes)).toBe(
    "Weighed together: 96 % elm, 4 % oak.",
  );
});

it("keeps a selection as a rule only if the server has rules and the switch is on", () => {
  const { rules } = new AppState();
  const selection = { ...NOTHING, items: Uint32Array.of(1, 2) };
  rules.keep.value = true;
  expect(rules.keeps(selection)).toBe(false);
  rules.offered.value = true;
  expect(rules.keeps(selection)).toBe(true);
  expect(rules.keeps({ ...selection, items: Uint32Array.of(1) })).toBe(false);
  expect(rules.keeps({ ...selection, tool: "sheet" })).toBe(false);
  rules.keep.value = false;
  expect(rules.keeps(selection)).toBe(false);
  expect(rules.canKeep(selection)).toBe(true);
});
