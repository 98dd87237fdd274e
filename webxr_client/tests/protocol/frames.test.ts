import { describe, expect, it } from "vitest";
import {
  addDeltas,
  decodeFrame,
  type PositionsFrame,
  ProtocolError,
} from "../../src/protocol/frames.js";
import { vectors } from "../vectors.js";

interface Vector {
  name: string;
  hex: string;
  header?: number[];
  delta?: number[][];
  items?: number[];
  class_ids?: number[];
  confidence?: number[];
  vectors?: number[][][];
  error?: string;
}

const bytes = (hex: string): ArrayBuffer => {
  const out = new Uint8Array(hex.length / 2);
  for (let k = 0; k < out.length; k++) out[k] = Number.parseInt(hex.slice(2 * k, 2 * k + 2), 16);
  return out.buffer;
};
const all = vectors<Vector>("protocol/frames.json");

describe("decodeFrame matches the shared vectors", () => {
  it.each(all.filter((v) => !v.error))("$name", async (vector) => {
    const frame = await decodeFrame(bytes(vector.hex));
    expect(Object.values(frame.header)).toEqual(vector.header);
    if (frame.kind === "positions") {
      const { n, axes } = frame.header;
      const positions = new Uint16Array(4 * n);
      addDeltas(frame, positions);
      const deltaOf = (point: number) => new Int16Array(positions.buffer, 8 * point, axes);
      expect(Array.from({ length: n }, (_, point) => [...deltaOf(point)])).toEqual(vector.delta);
    } else if (frame.kind === "forces") {
      const flat = vector.vectors?.flat(2) ?? [];
      frame.vectors.forEach((value, k) => {
        expect(value).toBeCloseTo(flat[k] as number, 4);
      });
      expect(frame.vectors.length).toBe(flat.length);
    } else {
      expect(Array.from(frame.items)).toEqual(vector.items);
      expect(Array.from(frame.class_ids)).toEqual(vector.class_ids);
      expect(Array.from(frame.confidence)).toEqual(vector.confidence);
    }
  });
});

describe("decodeFrame rejects bad frames with the code of the shared vectors", () => {
  it.each(all.filter((v) => v.error))("$name", async (vector) => {
    const error = await decodeFrame(bytes(vector.hex)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).code).toBe(vector.error);
  });
});

describe("addDeltas", () => {
  it("moves positions of four numbers per point and keeps the fourth", async () => {
    const vector = all.find((v) => v.name === "one point, both signs") as Vector;
    const frame = (await decodeFrame(bytes(vector.hex))) as PositionsFrame;
    const positions = Uint16Array.of(1000, 1000, 1000, 7);
    addDeltas(frame, positions);
    expect(Array.from(positions)).toEqual([1032, 968, 1064, 7]);
  });

  it("moves two axes of a 2D scene", async () => {
    const vector = all.find((v) => v.name === "2D") as Vector;
    const frame = (await decodeFrame(bytes(vector.hex))) as PositionsFrame;
    const positions = Uint16Array.of(500, 500, 32768, 0, 500, 500, 32768, 0);
    addDeltas(frame, positions);
    expect(Array.from(positions)).toEqual([596, 372, 32768, 0, 500, 724, 32768, 0]);
  });

  it("rejects a frame of another number of points", async () => {
    const vector = all.find((v) => v.name === "one point at rest") as Vector;
    const frame = (await decodeFrame(bytes(vector.hex))) as PositionsFrame;
    expect(() => addDeltas(frame, new Uint16Array(8))).toThrow(ProtocolError);
  });
});
