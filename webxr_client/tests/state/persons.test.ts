import { effect } from "@preact/signals";
import { expect, it } from "vitest";
import type { PeerMoved } from "../../src/protocol/messages.js";
import { AppState } from "../../src/state/app-state.js";
import { personOf, personsOf, shortName } from "../../src/state/persons.js";

const peers = (...of: Partial<PeerMoved>[]) =>
  new Map(of.map((peer) => [peer.client_id!, { op: "peer", name: "", ...peer } as PeerMoved]));

it("has one page per person, with the request of any of the pages", () => {
  expect([personOf("0123.tab"), personOf("page-in-firefox")]).toEqual(["0123", "owner"]);
  const found = personsOf(
    peers(
      { client_id: "d1.a", name: "Mia", colour: 2 },
      { client_id: "page", name: "Olga" },
      { client_id: "d1.b", name: "Mia", colour: 2, call: "come" },
    ),
  );
  expect(found).toEqual([
    { person: "d1", client_id: "d1.b", name: "Mia", colour: 2, call: "come" },
    { person: "owner", client_id: "page", name: "Olga", colour: 0, call: "" },
  ]);
});

it("does not notify of motions", () => {
  const state = new AppState();
  let runs = 0;
  effect(() => {
    state.persons.value;
    runs += 1;
  });
  for (let x = 0; x < 5; x++)
    state.peers.value = peers({ client_id: "d1.a", name: "Mia", cursor: [x, 0, 0] });
  expect(runs).toBe(2);
  state.peers.value = peers({ client_id: "d1.a", name: "Mia", call: "follow" });
  expect(runs).toBe(3);
});

it("shortens names by whole characters", () => {
  expect(shortName("أميرة")).toBe("أميرة");
  expect(shortName("🌳".repeat(24))).toBe("🌳".repeat(24));
  expect(shortName("🌳".repeat(25))).toBe(`${"🌳".repeat(23)}…`);
});
