import { expect, it } from "vitest";
import type { Training } from "../../../src/protocol/messages.js";
import { stateInWords } from "../../../src/ui/training/state-line.js";

const training = (state: Training["state"], phase: Training["phase"], message = ""): Training => ({
  state,
  phase,
  message,
  progress: 1,
  step: 7,
  frames_per_second: 20,
  settings: {},
});

it("says what is being learned", () => {
  expect(stateInWords(training("running", "layout"), true)).toEqual({
    word: "learning",
    doing: "laying out neighbours",
  });
});
it("does not call a trainer live that nobody hears of", () => {
  expect(stateInWords(training("running", "interactive"), false).word).toBe("not connected");
});
it("passes on what the server says of a failure", () => {
  const words = stateInWords(training("failed", "layout", "no memory left"), true);
  expect(words).toEqual({ word: "failed", doing: "no memory left" });
});
