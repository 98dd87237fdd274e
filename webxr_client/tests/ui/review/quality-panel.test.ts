import { expect, it } from "vitest";
import { figures } from "../../../src/ui/review/quality-panel.js";

const values = (...given: Parameters<typeof figures>) =>
  figures(...given).map(({ value }) => value);

it("shows a dash for each figure that is not known", () => {
  const quality = {
    held_out_accuracy: 0.9412,
    held_out: 216,
    labelled: 2160,
    verified: 54,
    label_error: 0.0231,
    right: 0.912,
    gestures_left: 12,
    target: 0.98,
    suspects: 37,
    uncertain: 120,
  };
  expect(values(quality, 5000)).toEqual([
    "91.2 %",
    "2.3 %",
    "94.1 %",
    "12 gestures",
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
    gestures_left: null,
  };
  expect(values(early, 5000)).toEqual(["–", "–", "–", "–", "43 %", "1 %"]);
  expect(values(null, 5000)).toEqual(["–", "–", "–", "–", "–", "–"]);
});
