/** Pointers, selections and names of other people in the scene. */
import { type BufferAttribute, Vector3 } from "three";
import { beforeEach, expect, it, vi } from "vitest";
import type { PeerMoved, PeerSelected } from "../../src/protocol/messages.js";
import { PeerMarks } from "../../src/scene/peer-marks.js";

let texts: string[];
let marks: PeerMarks;

const peer = (id: string, name: string, cursor: PeerMoved["cursor"]) =>
  [id, { op: "peer", client_id: id, name, cursor, colour: 1 } as PeerMoved] as const;
const selected = (id: string, items: number[]) =>
  [id, { op: "peer_selected", client_id: id, items, count: items.length } as PeerSelected] as const;
const show = (
  peers: (readonly [string, PeerMoved])[],
  ...of: (readonly [string, PeerSelected])[]
) => marks.show(new Map(peers), new Map(of), (item) => new Vector3(item, 0, 0), 2);
const attribute = (name: string): BufferAttribute => {
  const [points] = marks.group.children as unknown as [
    { geometry: { getAttribute(name: string): BufferAttribute } },
  ];
  return points.geometry.getAttribute(name);
};
const names = () => marks.group.children.slice(1).map(({ name }) => name);

beforeEach(() => {
  texts = [];
  const context = {
    measureText: () => ({ width: 100 }),
    fillText: (text: string) => texts.push(text),
    beginPath() {},
    roundRect() {},
    fill() {},
  };
  const create = () => ({ getContext: () => context });
  vi.stubGlobal("document", { createElement: create, createElementNS: create });
  marks = new PeerMarks();
});

it("has a ring per selected item and pointer, and a name at each pointer", () => {
  show([peer("a", "Mia", [1, 2, 3]), peer("b", "Tom", null)], selected("b", [4, 5]));
  expect(marks.rings).toBe(3);
  expect(Array.from(attribute("position").array.slice(0, 9))).toEqual([1, 2, 3, 4, 0, 0, 5, 0, 0]);
  expect(names()).toEqual(["Mia"]);
  expect(marks.group.visible).toBe(true);
});

it("sends only the slots of the drawn rings to the GPU", () => {
  show([peer("a", "Mia", [1, 2, 3])], selected("a", [4]));
  show([peer("a", "Mia", [1, 2, 3])], selected("a", [4, 6, 7]));
  expect(attribute("position").updateRanges).toEqual([{ start: 0, count: 12 }]);
  expect(attribute("size").updateRanges).toEqual([{ start: 0, count: 4 }]);
  const { version } = attribute("position");
  show([peer("a", "Mia", null)]);
  expect([marks.rings, marks.group.visible]).toEqual([0, false]);
  expect(attribute("position").version).toBe(version);
});

it("draws a name once, shortens a long name, and removes names of pointers that left", () => {
  const long = "Wilhelmina Featherstonehaugh-Montgomery";
  for (let k = 0; k < 3; k++) show([peer("a", long, [k, 0, 0])]);
  expect(texts).toEqual(["Wilhelmina Featherstone…"]);
  show([peer("a", long, null)]);
  expect(names()).toEqual([]);
});
