/** `label` returns whether it labelled, because sounds and haptic pulses depend on it. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "../../src/net/connection.js";
import type { Upload } from "../../src/net/unanswered.js";
import { unpackItems } from "../../src/protocol/item-sets.js";
import {
  MAX_MESSAGE_BYTES,
  MAX_REGIONS,
  type Region,
  type SessionInfo,
} from "../../src/protocol/messages.js";
import { COMMAND_SLOT, newestRegions } from "../../src/session/chosen.js";
import { Session } from "../../src/session/session.js";
import { AppState, type Selection } from "../../src/state/app-state.js";
import type { Commands } from "../../src/state/commands.js";

let state: AppState;
let session: Session;
let commands: Commands;
const pending = () => state.connection.value.pending;

beforeEach(() => {
  vi.stubGlobal("navigator", { platform: "" });
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
  state = new AppState();
  session = new Session(state);
  commands = session.commands(() => {});
  state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  state.annotations.reset(Int16Array.of(-1, -1, 1), new Int16Array(3).fill(-1), new Uint8Array(3));
  state.classes.value = [0, 1].map((class_id) => ({
    class_id,
    name: "",
    colour: "#ffffff",
    locked: class_id === 1,
  }));
});

describe("label", () => {
  it("returns true when it labels", () => {
    expect(commands.label(0, Uint32Array.of(0, 1))).toBe(true);
    expect(pending()).toBe(1);
    expect(Array.from(state.annotations.labels)).toEqual([0, 0, 1]);
  });
  it.each([
    ["nothing is selected", () => {}, undefined, 0],
    ["all items are of a locked class", () => {}, Uint32Array.of(2), 0],
    ["there is no such class", () => {}, Uint32Array.of(0), 7],
    [
      "this device is a viewer",
      () => {
        state.session.value = { read_only: false, role: "viewer" } as SessionInfo;
      },
      Uint32Array.of(0),
      0,
    ],
  ] as const)("returns false when %s", (_, prepare, items, classId) => {
    prepare();
    expect(commands.label(classId, items)).toBe(false);
    expect(pending()).toBe(0);
  });
  it("returns to the live view while a past moment is shown, and labels nothing", () => {
    state.time.live.value = false;
    expect(commands.label(0, Uint32Array.of(0))).toBe(false);
    expect(state.time.live.value).toBe(true);
    expect(state.notices.value.map((notice) => notice.message)).toEqual([
      "Back to live. Nothing was changed: repeat the action on the current state.",
    ]);
    expect(pending()).toBe(0);
  });
  it("states which labels it has replaced", () => {
    state.annotations.labels.set([0, -1, -1]);
    state.classes.value = ["cat", "dog"].map((name, class_id) => ({
      class_id,
      name,
      colour: "#ffffff",
    }));
    commands.label(1, Uint32Array.of(0, 1));
    expect(state.notices.value.at(-1)?.message).toMatch(/^2 items are “dog” now; 1 was “cat”\./);
    commands.label(1, Uint32Array.of(0, 2));
    expect(state.notices.value).toEqual([]);
  });
  it("makes the class the newest recent one", () => {
    commands.label(0, Uint32Array.of(0));
    commands.label(-1, Uint32Array.of(0));
    expect(state.recentClasses.value).toEqual([0]);
  });
  it("waits for a class that is added, and labels only the items of that time", () => {
    const added = (name: string) => {
      const class_id = state.classes.value.length;
      state.classes.value = [...state.classes.value, { class_id, name, colour: "#ffffff" }];
    };
    const select = (...items: number[]) => commands.select(Uint32Array.from(items));
    select(0);
    commands.labelToNew("  owl ");
    expect(pending()).toBe(1);
    added("owl");
    expect(Array.from(state.annotations.labels)).toEqual([2, -1, 1]);
    select(1);
    commands.labelToNew("owl");
    expect(Array.from(state.annotations.labels)).toEqual([2, 2, 1]);
    select(0);
    commands.labelToNew("tit");
    select(1);
    added("tit");
    expect(Array.from(state.annotations.labels)).toEqual([2, 2, 1]);
    expect(state.notices.value.at(-1)?.message).toContain("The class “tit” was added");
  });
  it("does not wait any more after a refusal or another label", () => {
    const sent: { op: string; command_id: string }[] = [];
    vi.spyOn(Connection.prototype, "command").mockImplementation((operation) => {
      sent.push(operation);
      return true;
    });
    const added = (name: string) => {
      const class_id = state.classes.value.length;
      state.classes.value = [...state.classes.value, { class_id, name, colour: "#ffffff" }];
    };
    commands.select(Uint32Array.of(0));
    commands.labelToNew("owl");
    expect(sent.map(({ op }) => op)).toEqual(["add_class"]);
    const { command_id } = sent[0]!;
    session.stream.onOperation({ op: "refused", command_id, code: "limit", message: "" } as never);
    added("owl"); // by another person
    expect(state.annotations.labels[0]).toBe(-1);
    commands.labelToNew("tit");
    commands.label(0, Uint32Array.of(1));
    added("tit");
    expect(Array.from(state.annotations.labels)).toEqual([-1, 0, 1]);
    vi.restoreAllMocks();
  });
  it("labels any number of items, and uploads a selection of many", () => {
    const n = 200_000;
    state.annotations.reset(new Int16Array(n).fill(-1), new Int16Array(n), new Uint8Array(n));
    const items = Uint32Array.from({ length: n }, (_, k) => k);
    const sent: [{ items?: number[]; selection?: number }, Upload[]][] = [];
    vi.spyOn(Connection.prototype, "command").mockImplementation((operation, uploads = []) => {
      sent.push([operation as never, [...uploads]]);
      return true;
    });
    for (const chosen of [items, items.slice(0, 3)]) {
      state.selection.value = { ...state.selection.value, items: chosen };
      expect(commands.label(0)).toBe(true);
    }
    expect(state.annotations.labels.every((label) => label === 0)).toBe(true);
    const [[many, uploads], [few, none]] = sent as [(typeof sent)[0], (typeof sent)[0]];
    expect([many.items, many.selection]).toEqual([undefined, COMMAND_SLOT]);
    expect(unpackItems(uploads[0]!.packed).items).toEqual(items);
    expect([few.items, few.selection, none]).toEqual([[0, 1, 2], undefined, []]);
    vi.restoreAllMocks();
  });
  it("reverts the labels when the command is too large to send", () => {
    const [before, note] = [state.selection.value, "x".repeat(MAX_MESSAGE_BYTES)];
    state.selection.value = { ...before, items: Uint32Array.of(0, 1), note };
    expect(commands.label(0)).toBe(false);
    expect(Array.from(state.annotations.labels)).toEqual([-1, -1, 1]);
    expect(state.refusal.value?.code).toBe("too_large");
    expect(state.refusal.value?.message).toContain("Select fewer items");
    expect(state.selection.value.items.length).toBe(2);
    expect(pending()).toBe(0);
  });
});

describe("select", () => {
  const similar: Selection = {
    items: Uint32Array.of(0, 1),
    regions: [{} as Region],
    tool: "similar",
    revision: 3,
    note: "most similar to a.png",
    reason: "2 items most like a.png",
  };
  it("keeps the origin of a selection whose items are deselected", () => {
    state.selection.value = similar;
    commands.select(Uint32Array.of(1));
    expect(state.selection.value).toEqual({ ...similar, items: Uint32Array.of(1) });
  });
  it("drops the origin when other items are added", () => {
    state.selection.value = similar;
    const items = Uint32Array.of(0, 1, 2);
    commands.select(items);
    expect(state.selection.value).toEqual({ items, regions: [], tool: "pick", revision: 3 });
  });
});

describe("newestRegions", () => {
  const region = (corners: number) =>
    ({ polygon: new Array(2 * corners).fill(0), clip_from_latent: [] }) as Region;

  it("keeps as many regions as fit into a message", () => {
    const small = Array.from({ length: 70 }, () => region(3));
    expect(newestRegions(small)).toEqual(small.slice(-MAX_REGIONS));
    expect(newestRegions([region(900), region(9500), region(3)]).length).toBe(2);
    expect(newestRegions([])).toEqual([]);
  });
});

it("fits the cloud and ends the following of another person", () => {
  let fitted = 0;
  state.people.following.value = state.people.visiting.value = "d1.x";
  session.commands(() => (fitted += 1)).fit();
  expect([fitted, state.people.following.value, state.people.visiting.value]).toEqual([1, "", ""]);
});
