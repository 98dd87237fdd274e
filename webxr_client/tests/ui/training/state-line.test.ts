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

it("names the phase of training", () => {
  expect(stateInWords(training("running", "layout"), true)).toEqual({
    word: "learning",
    doing: "arranging neighbours",
  });
});
it("names equation 1 in the preset paper", () => {
  const paper: Training = {
    ...training("running", "interactive"),
    settings: { preset: "paper" },
  };
  expect(stateInWords(paper, true).doing).toContain("equation 1");
  expect(stateInWords(training("running", "interactive"), true).doing).not.toContain("equation 1");
});
it("shows no connection instead of the last known state", () => {
  expect(stateInWords(training("running", "interactive"), false).word).toBe("not connected");
});
it("shows the message of a failed trainer", () => {
  const words = stateInWords(training("failed", "layout", "no memory left"), true);
  expect(words).toEqual({ word: "failed", doing: "no memory left" });
});
it("distinguishes a baked scene from a server that does not train", () => {
  expect(stateInWords(training("absent", "layout"), true, true).word).toBe("baked");
  const words = stateInWords(training("absent", "layout"), true, false);
  expect(words.word).toBe("no training");
  expect(words.doing).not.toContain("read-only");
});
