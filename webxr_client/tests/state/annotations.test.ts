import { describe, expect, it } from "vitest";
import { Annotations, countByClass } from "../../src/state/annotations.js";

const fresh = () => {
  const annotations = new Annotations();
  annotations.reset(Int16Array.of(-1, -1, 2, -1), new Int16Array(4), new Uint8Array(4));
  return annotations;
};

describe("Annotations", () => {
  it("shows a label at once and reverts it when it is refused", () => {
    const annotations = fresh();
    annotations.show("a", Uint32Array.of(0, 2), 1);
    expect(Array.from(annotations.labels)).toEqual([1, -1, 1, -1]);
    expect(annotations.revert("a")).toBe(true);
    expect(Array.from(annotations.labels)).toEqual([-1, -1, 2, -1]);
    expect(annotations.revert("a")).toBe(false);
  });

  it("shows and reverts one class per item", () => {
    const annotations = fresh();
    annotations.show("a", Uint32Array.of(0, 2, 3), Int16Array.of(4, -1, 5));
    expect(Array.from(annotations.labels)).toEqual([4, -1, -1, 5]);
    annotations.setLabels({ items: [3], class_ids: [1] });
    annotations.revert("a");
    expect(Array.from(annotations.labels)).toEqual([-1, -1, 2, 1]);
  });

  it("does not revert labels that the server sent since", () => {
    const annotations = fresh();
    annotations.show("a", Uint32Array.of(0, 1), 1);
    annotations.setLabels({ items: [1], class_ids: [3] });
    annotations.revert("a");
    expect(Array.from(annotations.labels)).toEqual([-1, 3, 2, -1]);
  });

  it("keeps a class hidden in a new scene, and reverts the label that is known", () => {
    const annotations = fresh();
    annotations.hide([2, 3]);
    expect([...annotations.trueLabels(Uint32Array.of(2, 3))]).toEqual([2, -1]);
    annotations.show("a", Uint32Array.of(2), 1);
    expect(Array.from(annotations.labels)).toEqual([-1, -1, -1, -1]);
    expect(annotations.isHidden(2) && !annotations.isHidden(1)).toBe(true);
    annotations.revert("a");
    annotations.reset(Int16Array.of(0, 0, 3, -1), new Int16Array(4), new Uint8Array(4));
    expect(Array.from(annotations.labels)).toEqual([0, 0, -1, -1]);
    annotations.hide([]);
    expect(Array.from(annotations.labels)).toEqual([0, 0, 3, -1]);
  });

  it("keeps only labels without an answer when the scene is fetched again", () => {
    const annotations = fresh();
    annotations.show("a", Uint32Array.of(0), 1);
    annotations.show("b", Uint32Array.of(3), 4);
    annotations.confirm("b");
    annotations.reset(Int16Array.of(-1, -1, -1, -1), new Int16Array(4), new Uint8Array(4));
    expect(Array.from(annotations.labels)).toEqual([1, -1, -1, -1]);
  });
});

describe("countByClass", () => {
  it("counts the items per class and skips items without a class", () => {
    expect(Array.from(countByClass(Int16Array.of(0, 2, 2, -1, 9), 3))).toEqual([1, 0, 2]);
  });
});
