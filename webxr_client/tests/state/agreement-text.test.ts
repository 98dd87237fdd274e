/** Texts about the agreement of people. */
import { expect, it } from "vitest";
import { kappaText, LEAST_FOR_KAPPA } from "../../src/state/agreement-text.js";

it("shows no kappa of few items", () => {
  expect(kappaText(1, LEAST_FOR_KAPPA - 1)).toBe("–");
  expect(kappaText(0.694, LEAST_FOR_KAPPA)).toBe("0.69");
  expect(kappaText(-0.1, 500)).toBe("−0.10");
  expect(kappaText(null, 500)).toBe("–");
});
