/** Naming of classes in VR: with words of the data, the headset's keyboard, speech, or numbers. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NEW_CLASS } from "../../../../src/state/naming-state.js";
import { Room } from "../fixtures.js";

let room: Room;
beforeEach(() => {
  vi.stubGlobal("window", {});
  room = new Room();
  room.annotate();
  room.state.classes.value = [0, 1, 2].map((class_id) => ({
    class_id,
    name: `old ${class_id}`,
    colour: "#ffffff",
    locked: false,
    removed: false,
  }));
});
afterEach(() => vi.unstubAllGlobals());

/** Commands without the requests for words. */
const calls = () => room.calls.filter(([name]) => name !== "findWords");
const naming = () => room.state.xr.naming;
const kinds = () => room.tiles.map(({ action }) => action.kind);
/** Touch the tiles that lead to the names for a new class, or for a class to rename. */
const open = (renamed?: number) => {
  room.touch(room.right, "menu");
  room.touch(room.right, "rename");
  if (renamed === undefined) room.touch(room.right, "new");
  else room.touch(room.right, "class", renamed);
};

describe("the words of the data", () => {
  beforeEach(() => {
    naming().words.value = ["frog", "ship"];
  });
  it("name a new class", () => {
    open();
    expect([room.side, naming().target.value]).toEqual(["names", NEW_CLASS]);
    room.touch(room.right, "word");
    expect(calls()).toEqual([["addClass", "frog"]]);
    expect([room.side, naming().target.value]).toEqual(["classes", null]);
  });
  it("name a new class for the picked picture of a sheet", () => {
    room.openSheet();
    room.touch(room.right, "picture", 2);
    open();
    room.touch(room.right, "word");
    expect(calls()).toEqual([["correctToNew", "frog"]]);
  });
  it("rename a class, and a class that is touched afterwards labels again", () => {
    open(1);
    expect(naming().target.value).toBe(1);
    expect(kinds()).not.toContain("number"); // a class that has a name needs no number
    room.touch(room.right, "word");
    expect(calls()).toEqual([["editClass", 1, { name: "frog" }]]);
    room.touch(room.right, "class", 2);
    expect(room.state.xr.message.value).toMatch(/Nothing is selected/);
  });
  it("do not give one name to two classes", () => {
    naming().words.value = ["old 2"];
    open(1);
    room.touch(room.right, "word");
    expect(calls()).toEqual([]);
    expect(room.state.xr.message.value).toMatch(/There is a class old 2 already/);
  });
  it("name nothing after the way back", () => {
    open();
    room.touch(room.right, "back");
    expect([room.side, naming().target.value, calls()]).toEqual(["classes", null, []]);
  });
});

it("a number names a new class where nothing else is offered", () => {
  open();
  expect(kinds()).toEqual(["number", "back"]);
  room.touch(room.right, "number");
  expect(calls()).toEqual([["addClass", "3"]]);
});

/** A session whose keyboard a test opens and closes, and the text field of the page. */
class Keyboard extends EventTarget {
  visibilityState: XRVisibilityState = "visible";
  readonly isSystemKeyboardSupported = true;
  readonly field = Object.assign(new EventTarget(), {
    value: "",
    focused: false,
    removed: false,
    setAttribute: () => {},
    focus: () => {
      this.field.focused = true;
    },
    remove: () => {
      this.field.removed = true;
    },
  });

  constructor() {
    super();
    const body = { append: () => {} };
    vi.stubGlobal("document", { createElement: () => this.field, body });
  }

  show(visibility: XRVisibilityState): void {
    this.visibilityState = visibility;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

describe("the keyboard of the headset", () => {
  const start = (renamed?: number) => {
    const keyboard = new Keyboard();
    room.session = keyboard as unknown as XRSession;
    open(renamed);
    room.touch(room.right, "type");
    return keyboard;
  };
  it("is not offered where the session does not support it", () => {
    const session = new Keyboard();
    room.session = Object.assign(Object.create(session), {
      isSystemKeyboardSupported: false,
    }) as XRSession;
    open();
    expect(kinds()).not.toContain("type");
  });
  it("opens for a focused text field, and its text names the class", () => {
    const keyboard = start(1);
    expect([keyboard.field.focused, keyboard.field.value]).toEqual([true, "old 1"]);
    keyboard.show("visible-blurred");
    expect(calls()).toEqual([]);
    keyboard.field.value = "  tabby cat ";
    keyboard.show("visible");
    expect(calls()).toEqual([["editClass", 1, { name: "tabby cat" }]]);
    expect(keyboard.field.removed).toBe(true);
    keyboard.field.dispatchEvent(new Event("blur")); // browsers may send this event later
    expect(calls()).toHaveLength(1);
  });
  it.each([
    ["a text without a change", "visible-blurred", "old 1"],
    ["an empty text", "visible-blurred", ""],
  ] as const)("%s names nothing, and the names stay open", (_, visibility, text) => {
    const keyboard = start(1);
    keyboard.show(visibility);
    keyboard.field.value = text;
    keyboard.field.dispatchEvent(new Event("change"));
    expect([calls(), room.side, naming().target.value]).toEqual([[], "names", 1]);
  });
  it("names nothing if another class is named meanwhile", () => {
    const keyboard = start(1);
    room.touch(room.right, "back");
    keyboard.field.value = "late";
    keyboard.field.dispatchEvent(new Event("change"));
    expect(calls()).toEqual([]);
  });
});

/** The speech recognition of a browser; tests call its events. */
class FakeSpeech {
  static made: FakeSpeech[] = [];
  started = false;
  aborted = false;
  lang = "";
  onresult: ((event: unknown) => void) | null = null;
  onerror: ((event: { error: string }) => void) | null = null;
  onend: (() => void) | null = null;

  constructor() {
    FakeSpeech.made.push(this);
  }

  start(): void {
    this.started = true;
  }

  abort(): void {
    this.aborted = true;
    this.onend?.();
  }

  hear(transcript: string): void {
    this.onresult?.({ results: [[{ transcript }]] });
    this.onend?.();
  }
}

describe("speech", () => {
  beforeEach(() => {
    FakeSpeech.made = [];
    vi.stubGlobal("window", { webkitSpeechRecognition: FakeSpeech });
    vi.stubGlobal("navigator", { language: "en" });
  });
  const speech = () => FakeSpeech.made.at(-1) as FakeSpeech;
  const listen = () => {
    open();
    room.touch(room.right, "speak");
    room.touch(room.right, "speak");
  };
  it("is not offered by a browser without recognition", () => {
    vi.stubGlobal("window", {});
    open();
    expect(kinds()).not.toContain("speak");
  });
  it("starts only after a message about the sound and a second press", () => {
    open();
    expect(naming().speech.value).toBe("off");
    room.touch(room.right, "speak");
    expect(room.state.xr.message.value).toMatch(/may send the sound to a service/);
    expect(FakeSpeech.made).toEqual([]);
    room.touch(room.right, "speak");
    expect([speech().started, naming().listening.value]).toEqual([true, true]);
    speech().hear(" ladybird ");
    expect(calls()).toEqual([["addClass", "ladybird"]]);
    expect(naming().listening.value).toBe(false);
    // Speech recognition must never start without a press, even after the person has allowed it.
    open();
    expect(FakeSpeech.made).toHaveLength(1);
    room.touch(room.right, "speak");
    expect(FakeSpeech.made).toHaveLength(2);
  });
  it("stops with the naming, and a phrase that arrives later names nothing", () => {
    listen();
    room.touch(room.right, "back");
    expect([speech().aborted, naming().listening.value]).toEqual([true, false]);
    speech().hear("late");
    expect(calls()).toEqual([]);
  });
  it("stops when the naming ends without the palette, as at the end of VR", () => {
    listen();
    naming().target.value = null;
    expect([speech().aborted, naming().listening.value]).toEqual([true, false]);
    speech().hear("late");
    expect(calls()).toEqual([]);
  });
  it.each([
    ["silence", () => speech().onend?.(), /Nothing was heard/],
    ["a refusal", () => speech().onerror?.({ error: "not-allowed" }), /not-allowed/],
  ])("shows a message after %s", (_, act, message) => {
    listen();
    act();
    expect(room.state.xr.message.value).toMatch(message);
    expect([naming().listening.value, calls()]).toEqual([false, []]);
  });
});
