/** The next step, the end of the work, and labels that are replaced. */
import { describe, expect, it } from "vitest";
import type { Quality } from "../../src/protocol/messages.js";
import { acceptAllText, endText, nextStep } from "../../src/state/next-step.js";
import { replacedText, replaceNote } from "../../src/state/overwritten.js";

const quality = (changes: Partial<Quality>) =>
  ({ classes: 10, classes_labelled: 10, labelled: 100, right: 0.93, ...changes }) as Quality;

describe("the next step", () => {
  it("begins with pictures, then finds all classes, then follows the server", () => {
    const texts = [
      null,
      quality({ labelled: 0, classes_labelled: 0 }),
      quality({ classes_labelled: 5 }),
      quality({}),
    ].map((now) => nextStep(now).text);
    expect(texts).toEqual([
      "Begin with examples",
      "Begin with examples",
      "Find the next class",
      "Suggest next",
    ]);
    expect(nextStep(quality({ classes_labelled: 5 })).effect).toMatch(
      /^5 of 10 classes have labels/,
    );
  });
  it("ends when 99 % are right, or when the server suggests nothing more", () => {
    expect(endText(quality({ right: 0.989 }), "")).toBe("");
    expect(endText(quality({ right: 0.991 }), "")).toBe(
      "99.1 % of the items are right (estimated).",
    );
    expect(endText(quality({ right: 0.95 }), "every item is labelled")).toBe(
      "Every item is labelled.",
    );
  });
  it("does not end while a class has no label", () => {
    const now = quality({ right: 1, classes_labelled: 9 });
    expect(endText(now, "every item is labelled")).toBe("");
    expect(endText(null, "every item is labelled")).toBe("");
  });
  it("names the number of predictions", () => {
    expect([1, 1500].map(acceptAllText)).toEqual([
      "Accept the last prediction",
      "Accept the 1,500 predictions",
    ]);
  });
});

describe("labels that are replaced", () => {
  const classes = ["0", "1", "2", "3"].map((name, class_id) => ({
    class_id,
    name,
    colour: "#ffffff",
  }));
  const labels = Int16Array.of(0, 0, 0, 1, 1, 2, 3, -1);
  const all = Uint32Array.from(labels, (_, k) => k);
  it.each([
    [3, all, "3 were “0”, 2 were “1” and 1 was of other classes"],
    [2, all.slice(0, 4), "3 were “0” and 1 was “1”"],
    [0, all.slice(0, 4), "1 was “1”"],
    [0, Uint32Array.of(0, 7), ""],
  ])("by class %i are named", (classId, items, text) => {
    expect(replacedText(labels, items, classId, classes, "were")).toBe(text);
  });
  it("before the change leave out locked classes, whose labels stay", () => {
    const locked = classes.map((info) => ({ ...info, locked: info.class_id < 2 }));
    const note = (...items: number[]) => replaceNote(labels, Uint32Array.of(...items), locked);
    expect(note(0, 3, 5, 7)).toBe(
      "1 is “2”. A new label replaces this label. 2 labels of locked classes stay.",
    );
    expect(note(0, 7)).toBe("1 label of a locked class stays.");
    expect(note(5, 6)).toBe("1 is “2” and 1 is “3”. A new label replaces these labels.");
    expect(note(7)).toBe("");
  });
});
