import { beforeEach, describe, expect, it, vi } from "vitest";
import type {
  ClientOperation,
  Decode,
  Decoded,
  Probe,
  Probed,
} from "../../src/protocol/messages.js";
import { ModelQueries } from "../../src/session/model-queries.js";
import { AppState } from "../../src/state/app-state.js";
import { picturesOf } from "../../src/state/force-state.js";

vi.stubGlobal("window", globalThis);

let state: AppState;
let sent: ClientOperation[];
let queries: ModelQueries;
beforeEach(() => {
  state = new AppState();
  state.forces.map.value = true;
  sent = [];
  queries = new ModelQueries(state, (operation) => sent.push(operation));
});

const decoded = (ink: number): Decoded => ({
  op: "decoded",
  command_id: (sent.at(-1) as Decode).command_id,
  pictures: btoa(String.fromCharCode(ink, ink, ink, ink)),
  width: 2,
  height: 2,
  channels: 1,
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("the point under the pointer", () => {
  it("is decoded one query at a time, the newest point next", async () => {
    for (let k = 0; k < 5; k++) queries.look([k, 0, 0]);
    expect(sent).toHaveLength(1);
    expect(queries.handleAnswer(decoded(7))).toBe(true);
    await settled();
    expect(state.forces.decoded.value?.bytes).toEqual(Uint8Array.of(7, 7, 7, 7));
    expect(sent).toHaveLength(2);
    expect((sent[1] as Decode).points).toEqual([[4, 0, 0]]);
  });
  it("is cleared with the pointer, and a late answer is ignored", async () => {
    queries.look([0, 0, 0]);
    state.forces.map.value = false;
    queries.look(null);
    queries.handleAnswer(decoded(9));
    await settled();
    expect(state.forces.decoded.value).toBeNull();
  });
  it("is queried again after a refusal", async () => {
    queries.look([0, 0, 0]);
    queries.look([1, 0, 0]);
    const { command_id } = sent[0] as Decode;
    queries.handleAnswer({ op: "refused", command_id, code: "no_model", message: "" });
    await settled();
    expect(sent).toHaveLength(2);
  });
});

describe("a probe", () => {
  const probed = (command_id: string): Probed => ({
    op: "probed",
    command_id,
    step: 1,
    items: [4, 9],
    forces: { kl: [1, 2, 3, 4, 5, 6] },
    pictures: "",
    width: 0,
    height: 0,
    channels: 0,
    error: [10, 20],
    sigma: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
  });
  it("is stored by item, only for the newest query", async () => {
    void queries.probe([1]);
    void queries.probe([4, 9]);
    const [old, newest] = sent as [Probe, Probe];
    queries.handleAnswer(probed(newest.command_id));
    queries.handleAnswer({ ...probed(old.command_id), items: [1], error: [1], sigma: [1, 1, 1] });
    await settled();
    const seen = state.forces.seen.value;
    expect([...seen.keys()]).toEqual([4, 9]);
    expect(seen.get(9)).toMatchObject({ error: 20, sigma: [0.4, 0.5, 0.6], reconstruction: null });
    const out: [number, number, number] = [0, 0, 0];
    expect(state.forces.read("kl", 9, out)).toBe(true);
    expect(out).toEqual([4, 5, 6]);
    expect(state.forces.read("anchor", 9, out)).toBe(false);
  });
  it("of another client is not handled", () => {
    expect(queries.handleAnswer(probed("somebody-else"))).toBe(false);
  });
});

describe("forces on all items", () => {
  it("have a strongest term per item, or -1 where all are zero", () => {
    const vectors = new Float32Array(4 * 3 * 2);
    const put = (term: number, item: number, x: number, y: number) =>
      vectors.set([x, y], (term * 3 + item) * 2);
    put(0, 0, 1, 0);
    put(2, 0, 0, -3);
    put(3, 1, 0.5, 0);
    state.forces.setFrame({ kind: "forces", header: { n: 3, axes: 2 } as never, vectors });
    expect(Array.from(state.forces.dominant() ?? [])).toEqual([2, 3, -1]);
    const out: [number, number, number] = [9, 9, 9];
    state.forces.read("neighbour", 0, out);
    expect(out).toEqual([0, -3, 0]);
  });
});

it("picturesOf splits the text into pictures", () => {
  expect(picturesOf(btoa("abcdef"), 1, 3, 1)).toHaveLength(2);
  expect(picturesOf("", 0, 0, 0)).toEqual([]);
});
