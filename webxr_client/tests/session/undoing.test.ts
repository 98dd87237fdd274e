import { beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../src/net/connection.js";
import type { ClientOperation, Gesture, SessionInfo } from "../../src/protocol/messages.js";
import { EditPermission } from "../../src/session/edit-permission.js";
import { Notes } from "../../src/session/notes.js";
import { Undoing } from "../../src/session/undoing.js";
import { AppState } from "../../src/state/app-state.js";
import { authorName, gestureText, undoChoice } from "../../src/state/undo-choice.js";

const ME = "page-in-firefox";
const QUEST = "0123456789ab";

let state: AppState;
let sent: ClientOperation[];
let undoing: Undoing;

const gesture = (number: number, by: string, undone = false): Gesture => ({
  gesture: number,
  kind: "label",
  class_id: 0,
  count: 12,
  by,
  at: 0,
  revision: 0,
  undone,
  note: "",
});

function history(gestures: Gesture[], can_undo = false): void {
  state.history.value = { gestures, can_undo, can_redo: false };
}

const note = () => state.notices.value.map(({ message }) => message).join();

beforeEach(() => {
  state = new AppState();
  state.session.value = { role: "owner", read_only: false } as SessionInfo;
  state.classes.value = [{ class_id: 0, name: "three" }] as AppState["classes"]["value"];
  state.access.value = {
    addresses: [],
    fingerprint: "",
    waiting: [],
    devices: [{ device: QUEST, name: "Quest Browser" }],
  } as unknown as AppState["access"]["value"];
  sent = [];
  const connection = { command: (operation: ClientOperation) => sent.push(operation) };
  const notes = new Notes(state);
  const permission = new EditPermission(state, notes, () => {});
  undoing = new Undoing(state, connection as unknown as Connection, permission, notes, ME);
});

describe("undo of the owner", () => {
  it("undoes the newest gesture of all own pages without a question", () => {
    history([gesture(1, ME), gesture(2, "page-in-chrome")], true);
    undoing.undo();
    expect(sent).toEqual([expect.objectContaining({ op: "undo", owners: true })]);
    const { command_id } = sent[0] as { command_id: string };
    expect(undoing.noteOf(command_id)).toBe(
      "Undone: 12 items as three, by another browser on the server's computer.",
    );
    expect(undoing.noteOf(command_id)).toBe("");
  });

  it("shows no author for its own gesture", () => {
    history([gesture(2, "page-in-chrome"), gesture(3, ME)], true);
    undoing.undo();
    expect(undoing.noteOf((sent[0] as { command_id: string }).command_id)).toBe("");
  });

  it("shows no author for its own gesture on a device that the owner uses", () => {
    history([gesture(2, "page-in-chrome"), gesture(3, `${QUEST}.${ME}`)], true);
    undoing.undo();
    expect(undoing.noteOf((sent[0] as { command_id: string }).command_id)).toBe("");
  });

  it("is asked once before the gesture of a device is undone", () => {
    history([gesture(1, ME, true), gesture(4, `${QUEST}.page-of-quest`)]);
    undoing.undo();
    expect(sent).toEqual([]);
    expect(note()).toContain("12 items as three, by Quest Browser. Undo again");
    undoing.undo();
    expect(sent).toEqual([expect.objectContaining({ op: "undo", gesture: 4 })]);
    expect(note()).toBe("");
  });

  it("is asked again when a newer gesture has arrived", () => {
    history([gesture(4, `${QUEST}.page-of-quest`)]);
    undoing.undo();
    history([gesture(4, `${QUEST}.page-of-quest`), gesture(5, "fedcba987654.other")]);
    undoing.undo();
    expect(sent).toEqual([]);
    expect(note()).toContain("by a device that is no longer approved");
  });

  it("is asked again when the question is no longer shown", () => {
    history([gesture(4, `${QUEST}.page-of-quest`)]);
    undoing.undo();
    state.notices.value = [];
    undoing.undo();
    expect(sent).toEqual([]);
  });

  it("does not ask while a command is on the way", () => {
    history([gesture(4, `${QUEST}.page-of-quest`)]);
    state.connection.value = { ...state.connection.value, pending: 1 };
    undoing.undo();
    expect(sent).toEqual([expect.objectContaining({ op: "undo", owners: true })]);
  });

  it("is offered for no votes of rules on added items", () => {
    const applied = { ...gesture(2, "rules"), kind: "rule", note: "2 rules applied" } as Gesture;
    history([applied]);
    expect(undoChoice(state)).toBeNull();
    history([gesture(1, `${QUEST}.page-of-quest`), applied]);
    expect(undoChoice(state)).toMatchObject({ kind: "other", gesture: { gesture: 1 } });
    history([gesture(1, "page-in-chrome"), applied], true);
    undoing.undo();
    const { command_id } = sent[0] as { command_id: string };
    expect(undoing.noteOf(command_id)).toContain("12 items as three, by another browser");
    expect(authorName("rules", null)).toBe("the rules");
    expect(gestureText(applied, [])).toBe("2 rules applied");
  });

  it("undoes the initial labels only after a question", () => {
    history([gesture(1, "import")]);
    expect(undoChoice(state)).toMatchObject({ kind: "other" });
    undoing.undo();
    expect(note()).toContain("by the import of labels");
  });
});

describe("undo of an annotator", () => {
  beforeEach(() => {
    state.session.value = { role: "annotator", read_only: false } as SessionInfo;
  });

  it("undoes own gestures only", () => {
    history([gesture(1, "page-in-chrome"), gesture(2, `${QUEST}.other`)]);
    expect(undoChoice(state)).toBeNull();
    history([gesture(1, "page-in-chrome"), gesture(2, `${QUEST}.${ME}`)], true);
    undoing.undo();
    expect(sent).toEqual([{ op: "undo", command_id: expect.any(String) }]);
  });
});
