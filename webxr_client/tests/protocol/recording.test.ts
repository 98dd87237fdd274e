import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { keyframeScene, readRecords } from "../../src/protocol/recording.js";

/** A record in the format of docs/files.md. The checksum is 0: only the server checks it. */
function record(kind: string, time: number, payload: string): number[] {
  const head = new DataView(new ArrayBuffer(13));
  head.setUint8(0, kind.charCodeAt(0));
  head.setFloat64(1, time, true);
  head.setUint32(9, payload.length, true);
  const body = Array.from(payload, (c) => c.charCodeAt(0));
  return [...new Uint8Array(head.buffer), ...body, 0, 0, 0, 0];
}

const part = (...records: number[][]) => Uint8Array.from(records.flat()).buffer;

describe("a part of a recording", () => {
  it("is split into records", () => {
    const records = readRecords(
      part(record("K", 0.5, "scene"), record("O", 0.6, "{}"), record("F", 0.7, "")),
    );
    expect(records.map(({ kind, time, payload }) => [kind, time, payload.byteLength])).toEqual([
      ["keyframe", 0.5, 5],
      ["operation", 0.6, 2],
      ["frame", 0.7, 0],
    ]);
  });
  it("ends before an incomplete last record", () => {
    const whole = part(record("K", 0, "scene"), record("F", 1, "delta"));
    for (let cut = 1; cut < 22; cut++) expect(readRecords(whole.slice(0, -cut))).toHaveLength(1);
  });
  it("is rejected when it does not begin at a record", () => {
    expect(() => readRecords(part(record("K", 0, "scene")).slice(3))).toThrow(/has changed/);
  });
});

describe("a keyframe", () => {
  const text = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
  const packed = (size: number, scene: string) => {
    const head = String.fromCharCode(size & 0xff, size >> 8, 0, 0);
    return part(record("Z", 0, head + deflateRawSync(scene).toString("latin1")));
  };
  it("has a scene, packed or not", async () => {
    const scene = "scene ".repeat(100);
    for (const content of [part(record("K", 0, scene)), packed(scene.length, scene)])
      expect(text(await keyframeScene(readRecords(content)[0]))).toBe(scene);
  });
  it("is rejected when it has another size than it states", async () => {
    for (const size of [4, 6])
      await expect(keyframeScene(readRecords(packed(size, "scene"))[0])).rejects.toThrow(
        /inflates/,
      );
  });
  it("is at the beginning of a part", async () => {
    for (const content of [part(), part(record("F", 0, "delta")), part(record("Z", 0, "ab"))])
      await expect(keyframeScene(readRecords(content)[0])).rejects.toThrow(/keyframe/);
  });
});
