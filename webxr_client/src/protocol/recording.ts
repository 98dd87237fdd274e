/**
 * Records of a part of a recording (format: docs/files.md). A part begins at a record; an
 * incomplete last record is left out.
 */
import { ProtocolError } from "./frames.js";

const RECORD_HEAD = 13;
const CRC_BYTES = 4;
const KINDS: Record<number, RecordKind> = { 75: "keyframe", 70: "frame", 79: "operation" };

export type RecordKind = "keyframe" | "frame" | "operation";

export interface RecordingRecord {
  kind: RecordKind;
  /** Seconds since the start of the recording. */
  time: number;
  payload: ArrayBuffer;
}

/** Split a part into records. Throws ProtocolError when `part` does not begin at a record. */
export function readRecords(part: ArrayBuffer): RecordingRecord[] {
  const view = new DataView(part);
  const records: RecordingRecord[] = [];
  let at = 0;
  while (at + RECORD_HEAD <= part.byteLength) {
    const kind = KINDS[view.getUint8(at)];
    if (!kind) throw new ProtocolError("the recording file has changed; select the moment again");
    const start = at + RECORD_HEAD;
    const end = start + view.getUint32(at + 9, true);
    if (end + CRC_BYTES > part.byteLength) break;
    records.push({ kind, time: view.getFloat64(at + 1, true), payload: part.slice(start, end) });
    at = end + CRC_BYTES;
  }
  return records;
}
