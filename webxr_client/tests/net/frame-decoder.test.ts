/** Frames decoded in a worker must have the same content as frames decoded on the main thread. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FrameDecoder } from "../../src/net/frame-decoder.js";
import type { FromWorker, ToWorker } from "../../src/net/frame-messages.js";
import { addDeltas, decodeFrame, type Frame, ProtocolError } from "../../src/protocol/frames.js";
import { vectors } from "../vectors.js";

interface Vector {
  name: string;
  hex: string;
  error?: string;
}
const bytes = (hex: string): ArrayBuffer => Uint8Array.from(Buffer.from(hex, "hex")).buffer;
const all = vectors<Vector>("protocol/frames.json");
const good = all.filter(({ error }) => !error).map(({ hex }) => hex);
const positions = await (async () => {
  for (const hex of good) {
    const frame = await decodeFrame(bytes(hex));
    if (frame.kind === "positions" && frame.header.n > 100) return { hex, frame };
  }
  throw new Error("the vectors have no frame of many points");
})();

/** A worker that runs the script of the real one in this thread. `silent`: it never answers. */
class PlayedWorker {
  static silent = false;
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  terminated = false;
  readonly received: ToWorker[] = [];

  postMessage(message: ToWorker): void {
    this.received.push(message);
    if (PlayedWorker.silent) return;
    const { onmessage } = globalThis as unknown as {
      onmessage: (event: { data: ToWorker }) => void;
    };
    onmessage({ data: structuredClone(message) });
  }
  terminate(): void {
    this.terminated = true;
  }
}

let worker: PlayedWorker;
let decoder: FrameDecoder;
const warnings = vi.spyOn(console, "warn").mockImplementation(() => {});

beforeEach(async () => {
  vi.resetModules();
  worker = new PlayedWorker();
  PlayedWorker.silent = false;
  vi.stubGlobal("postMessage", (data: FromWorker, transfer: Transferable[]) => {
    const moved = structuredClone(data, { transfer: transfer as ArrayBuffer[] });
    if (!worker.terminated) worker.onmessage?.({ data: moved });
  });
  await import("../../src/net/frame-worker.js");
  decoder = new FrameDecoder(() => worker as unknown as Worker);
});
afterEach(() => {
  vi.unstubAllGlobals();
  warnings.mockClear();
});

/** The content of a frame, the same for a frame with positions and for a frame with deltas. */
async function content(frame: Frame): Promise<unknown> {
  if (frame.kind !== "positions") return frame;
  const { header } = frame;
  if (frame.positions) return { header, positions: Array.from(frame.positions) };
  const sum = new Uint16Array(4 * header.n);
  addDeltas(frame, sum);
  return { header, positions: Array.from(sum) };
}

describe("a decoder with a worker", () => {
  it("decodes every vector like the main thread", async () => {
    for (const hex of good) {
      const own = await decodeFrame(bytes(hex));
      expect(await content(await decoder.decode(bytes(hex)))).toEqual(await content(own));
    }
  });

  it("rejects bad frames with the code of the vectors", async () => {
    for (const { hex, error } of all.filter((vector) => vector.error)) {
      const thrown = await decoder.decode(bytes(hex)).catch((e: unknown) => e);
      expect(thrown).toBeInstanceOf(ProtocolError);
      expect((thrown as ProtocolError).code).toBe(error);
    }
  });

  it("adds the deltas to the positions of the scene, in an array of the page", async () => {
    const { hex, frame } = positions;
    const { n, scene_id, base_revision } = frame.header;
    const start = Uint16Array.from({ length: 4 * n }, (_, k) => 13 * k);
    const expected = start.slice();
    addDeltas(frame, expected);
    decoder.recycle(new Uint16Array(4 * n));
    decoder.begin(scene_id, base_revision, () => start.slice());
    const decoded = await decoder.decode(bytes(hex));
    expect(decoded.kind === "positions" && decoded.positions).toEqual(expected);
    expect(decoded.kind === "positions" && decoded.planes.length).toBe(0);
    // A second copy of the frame does not follow the first one, so the worker must not add its
    // deltas. The page has to add them.
    const again = await decoder.decode(bytes(hex));
    expect(again.kind === "positions" && again.positions).toBeUndefined();
    expect(again.kind === "positions" && again.planes).toEqual(frame.planes);
  });

  it("decodes on the main thread after the worker has failed, and loses no frame", async () => {
    PlayedWorker.silent = true;
    const waiting = [decoder.decode(bytes(positions.hex)), decoder.decode(bytes(good[0]!))];
    expect(decoder.inWorker).toBe(true);
    worker.onerror?.({ message: "out of memory" });
    expect(decoder.inWorker).toBe(false);
    expect(worker.terminated).toBe(true);
    expect((await Promise.all(waiting)).map(({ header }) => header)).toEqual([
      positions.frame.header,
      (await decodeFrame(bytes(good[0]!))).header,
    ]);
    expect((await decoder.decode(bytes(positions.hex))).kind).toBe("positions");
    expect(worker.received.length).toBe(2);
  });

  it("does not wait for a worker that has stopped to answer", async () => {
    PlayedWorker.silent = true;
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const first = decoder.decode(bytes(positions.hex));
    now.mockReturnValue(11_000);
    const second = decoder.decode(bytes(positions.hex));
    now.mockRestore();
    expect((await Promise.all([first, second])).map(({ kind }) => kind)).toEqual([
      "positions",
      "positions",
    ]);
    expect(decoder.inWorker).toBe(false);
  });
});

describe("a decoder without a worker", () => {
  it("decodes, and leaves the positions to the page", async () => {
    const plain = new FrameDecoder(() => null);
    plain.begin(42, 7, () => {
      throw new Error("the positions are not needed");
    });
    const frame = await plain.decode(bytes(positions.hex));
    expect(frame).toEqual(positions.frame);
  });
});
