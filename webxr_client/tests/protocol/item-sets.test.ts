import { describe, expect, it } from "vitest";
import { packItems, selectionFrames, unpackItems } from "../../src/protocol/item-sets.js";
import {
  CODING_BITMAP,
  CODING_GAPS,
  CODING_RUNS,
  PART_BYTES,
  VALUES_POINTS,
} from "../../src/protocol/messages.js";
import { vectors } from "../vectors.js";

interface Vector {
  name: string;
  hex: string;
  items: number[];
  class_ids: number[] | null;
  error?: string;
}

const bytes = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const all = vectors<Vector>("protocol/item_sets.json");
const MALFORMED = /shorter|more bytes|another number|four billion|does not end|42 bits|class too/;
const good = all.filter((vector) => !vector.error);

describe("packed sets of items match the shared vectors", () => {
  it.each(good)("$name", ({ hex, items, class_ids }) => {
    const set = unpackItems(bytes(hex));
    expect(Array.from(set.items)).toEqual(items);
    expect(set.classIds && Array.from(set.classIds)).toEqual(class_ids);
    const values = class_ids && { classIds: Int16Array.from(class_ids) };
    expect(packItems(set.items, values)).toEqual(bytes(hex));
  });
  // The page trusts the server's items. Malformed bytes, however, must not make the page hang or
  // use up the memory.
  it.each(all.filter(({ name }) => MALFORMED.test(name)))("refuses: $name", ({ hex }) => {
    expect(() => unpackItems(bytes(hex))).toThrow();
  });
});

describe("a large selection", () => {
  const of = (n: number, every: (k: number) => boolean) =>
    Uint32Array.from({ length: n }, (_, k) => k).filter(every);

  /** Whether two arrays have the same bytes. `toEqual` takes seconds for a million items. */
  const same = (a: ArrayBufferView, b: ArrayBufferView) =>
    Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    );

  it("takes the shortest coding", () => {
    const scattered = of(1_000_000, (k) => (k * 2654435761) % 5 === 0);
    for (const [items, coding, most] of [
      [of(1_000_000, () => true), CODING_RUNS, 16],
      [of(1_000_000, (k) => k % 2 === 0), CODING_BITMAP, 125_016],
      [of(1_000_000, (k) => k % 100 === 0), CODING_GAPS, 10_012],
      [scattered, CODING_BITMAP, 125_017],
    ] as const) {
      const packed = packItems(items);
      expect(packed[0]).toBe(coding);
      expect(packed.length).toBeLessThanOrEqual(most);
      expect(same(unpackItems(packed).items, items)).toBe(true);
    }
  });

  it("is uploaded in parts that follow one another", () => {
    const items = of(20_000, () => true);
    const packed = packItems(items, { points: new Float32Array(60_000).fill(1.5) });
    expect(packed[1]).toBe(VALUES_POINTS);
    const frames = selectionFrames(1, packed);
    expect(frames.length).toBe(5);
    let offset = 0;
    for (const frame of frames) {
      const view = new DataView(frame.buffer);
      expect([view.getUint8(0), view.getUint8(1), view.getUint16(2)]).toEqual([16, 1, 0]);
      expect([view.getUint32(4, true), view.getUint32(8, true)]).toEqual([packed.length, offset]);
      expect(frame.length).toBeLessThanOrEqual(PART_BYTES + 12);
      expect(same(frame.subarray(12), packed.subarray(offset, offset + PART_BYTES))).toBe(true);
      offset += frame.length - 12;
    }
    expect(offset).toBe(packed.length);
  });
});
