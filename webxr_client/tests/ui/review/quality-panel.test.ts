import { expect, it } from "vitest";
import { knownInstead } from "../../../src/state/quality-text.js";
import { nothingLeft } from "../../../src/state/sheet-text.js";
import { figures } from "../../../src/ui/review/quality-panel.js";

const values = (...given: Parameters<typeof figures>) =>
  figures(...given).map(({ value }) => value);

const quality = {
  classes: 10,
  classes_labelled: 10,
  unknown: 0,
  held_out_interval: { low: 0.912, high: 0.9639 },
  label_error_interval: { low: 0.011, high: 0.0399 },
  right_interval: { low: 0.86, high: 0.9501 },
  sheets: 2,
  held_out_accuracy: 0.9412,
  held_out: 216,
  labelled: 2160,
  verified: 54,
  label_error: 0.0231,
  right: 0.912,
  suspects: 37,
  uncertain: 120,
};

it("shows a dash for each figure that is not known", () => {
  expect(values(quality, 5000)).toEqual([
    "91.2 % (86 to 96 %)",
    "2.3 % (1 to 4 %)",
    "94.1 % (91 to 97 %)",
    "43 %",
    "1 %",
  ]);
  expect(figures(quality, 5000)[2]?.title).toContain("216");
  expect(figures(quality, 5000, 0.875)[2]?.title).toContain(
    "Accuracy of the head, which sees only the latent mean: 87.5 %",
  );
  const early = {
    ...quality,
    held_out_accuracy: null,
    label_error: null,
    right: null,
  };
  expect(values(early, 5000)).toEqual(["–", "–", "–", "43 %", "1 %"]);
  expect(values(null, 5000)).toEqual(["–", "–", "–", "–", "–"]);
});

const lacking = {
  ...quality,
  classes_labelled: 5,
  held_out_accuracy: null,
  label_error: null,
  right: null,
  suspects: 0,
};

it("shows no share of right items while a class has no label", () => {
  expect(figures(lacking, 5000).map(({ name }) => name)).toEqual(["labelled", "looked at"]);
  expect(figures({ ...lacking, classes: 1, classes_labelled: 1 }, 5000)).toHaveLength(2);
});

it("shows instead how many classes have labels", () => {
  expect(knownInstead(lacking)).toBe("5 of 10 classes have labels");
  expect(knownInstead({ ...lacking, classes_labelled: 1 })).toBe("1 of 10 classes has labels");
  expect(knownInstead({ ...lacking, classes: 1, classes_labelled: 1 })).toBe(
    "only one class so far",
  );
  expect(knownInstead({ ...lacking, labelled: 0, classes_labelled: 0 })).toBe("");
  expect(knownInstead(quality)).toBe("");
  expect(nothingLeft("suspects", lacking)).toContain("5 of 10 classes have labels");
  expect(nothingLeft("suspects", quality)).toContain("No suspects are left");
});
