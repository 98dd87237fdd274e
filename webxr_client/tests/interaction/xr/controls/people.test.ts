/** Tiles about other people: follow one of them, answer a request, and ask them. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PeerMoved, Rules } from "../../../../src/protocol/messages.js";
import { PaletteActions } from "../../../../src/scene/xr/boards/palette-actions.js";
import type { TileAction } from "../../../../src/scene/xr/boards/palette-layout.js";
import { Room } from "../fixtures.js";

let room: Room;
const peer = (client_id: string, name: string, call: PeerMoved["call"] = "") =>
  [client_id, { op: "peer", client_id, name, call } as PeerMoved] as const;
const people = () => room.state.people;
/** Touch a tile whose code is loaded when others are connected. */
const press = async (kind: TileAction["kind"]) => {
  room.touch(room.right, kind);
  await vi.dynamicImportSettled();
};

beforeEach(() => {
  room = new Room();
  room.annotate();
  room.state.rules.offered.value = true;
  room.state.peers.value = new Map([peer("d1.a", "Mia"), peer("d2.b", "Tom"), peer("d1.c", "Mia")]);
  room.touch(room.right, "menu");
  room.touch(room.right, "people");
});

describe("the side for people", () => {
  it("follows a person, until the tile is touched again", async () => {
    expect(room.side).toBe("people");
    expect(room.tiles.filter(({ action }) => action.kind === "person")).toHaveLength(2);
    await press("person");
    expect(people().following.value).toBe("d1.a");
    expect(room.state.xr.message.value).toBe("The cloud follows Mia, until you grab it.");
    await press("person");
    expect(people().following.value).toBe("");
  });
  it("answers a request by the tile of the person, or by stay", async () => {
    const calls = (call: PeerMoved["call"]) => {
      room.state.peers.value = new Map([peer("d1.a", "Mia"), peer("d1.c", "Mia", call)]);
      room.touch(room.right, "back");
      room.touch(room.right, "menu");
      room.touch(room.right, "people");
    };
    calls("come");
    await press("person");
    expect([people().visiting.value, people().following.value]).toEqual(["d1.c", ""]);
    calls("follow");
    expect(room.tiles.some(({ action }) => action.kind === "stay")).toBe(true);
    await press("stay");
    expect(people().following.value).toBe("");
    expect(people().answered.value.has("d1.c follow")).toBe(true);
  });
  it("asks the others to come, or to follow", async () => {
    await press("lead");
    expect(people().call.value).toBe("follow");
    await press("come");
    expect(people().call.value).toBe("come");
    await press("come");
    expect(people().call.value).toBe("");
  });
  it("leads to the names of classes, and back", () => {
    room.touch(room.right, "rename");
    expect([room.side, room.state.xr.naming.target.value]).toEqual(["classes", "pick"]);
  });
});

it("has no tile on the palette while nobody else is connected", () => {
  room.touch(room.right, "back");
  room.state.peers.value = new Map();
  room.touch(room.right, "menu");
  const kinds = room.tiles.map(({ action }) => action.kind);
  expect([kinds.includes("people"), kinds.includes("rename")]).toEqual([false, true]);
});

it("opens the sheet of conflicts, whose number is requested with the side", () => {
  const actions = new PaletteActions(room.state);
  const words = () => actions.words({ kind: "conflicts" }, 0);
  expect(words()).toEqual(["conflicts", "–"]);
  room.state.rules.figures.value = { conflicts: 1234 } as Rules;
  expect(words()).toEqual(["conflicts", "1,234"]);
  room.touch(room.right, "back");
  room.touch(room.right, "menu");
  room.calls.length = 0;
  room.touch(room.right, "review");
  expect(room.calls.map(([name]) => name)).toEqual(["withRules"]);
  room.touch(room.right, "conflicts");
  expect(room.calls.at(-1)).toEqual(["openSheet", "conflicts"]);
});

it("is not replaced on the side for review while there can be no conflicts", () => {
  room.state.peers.value = new Map();
  room.touch(room.right, "back");
  room.touch(room.right, "menu");
  room.touch(room.right, "review");
  const kinds = room.tiles.map(({ action }) => action.kind);
  expect([kinds.includes("next"), kinds.includes("conflicts")]).toEqual([true, false]);
});
