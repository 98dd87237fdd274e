import { describe, expect, it } from "vitest";
import { readRecords } from "../../src/protocol/recording.js";

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
