import { beforeEach, expect, it } from "vitest";
import { Notes } from "../../src/session/notes.js";
import { AppState } from "../../src/state/app-state.js";

let state: AppState;
let notes: Notes;
const shown = () => state.notices.value.map(({ message }) => message);

beforeEach(() => {
  state = new AppState();
  notes = new Notes(state);
});

it("adds a message to the note of the same command", () => {
  notes.show("3 items are “oak” now.", "a");
  notes.add("2 labels of Mia were replaced.", "a");
  expect(shown()).toEqual(["3 items are “oak” now. 2 labels of Mia were replaced."]);
});

it("replaces the note of another command or action by the message", () => {
  notes.show("3 items are “oak” now.", "a");
  notes.add("2 labels of Mia were replaced.", "b");
  expect(shown()).toEqual(["2 labels of Mia were replaced."]);
  notes.show("The file is in your downloads.");
  notes.add("1 label of Mia was replaced.", "b");
  expect(shown()).toEqual(["1 label of Mia was replaced."]);
});

it("does not add to a note that was cleared", () => {
  notes.show("3 items are “oak” now.", "a");
  notes.clear();
  notes.add("2 labels of Mia were replaced.", "a");
  expect(shown()).toEqual(["2 labels of Mia were replaced."]);
});
