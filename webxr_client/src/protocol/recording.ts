/**
 * Records of a part of a recording (format: docs/files.md). A part begins at a record; an
 * incomplete last record is left out.
 */
import { inflate, ProtocolError } from "./frames.js";

const RECORD_HEAD = 13;
const CRC_BYTES = 4;
/** Bytes at the beginning of a packed keyframe that state the size of its scene file. */
const SIZE_BYTES = 4;
const MAX_SCENE_BYTES = 64 << 20;
const KINDS: Record<number, RecordKind> = {
  75: "keyframe",
  90: "packed",
  70: "frame",
  80: "predictions",
  79: "operation",
};

/** `packed`: a compressed keyframe (`keyframePayload`). */
export type RecordKind = "keyframe" | "packed" | "frame" | "predictions" | "operation";

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

/** The scene file of a keyframe. Throws ProtocolError when `record` is not a keyframe. */
export async function keyframeScene(record: RecordingRecord | undefined): Promise<ArrayBuffer> {
  if (record?.kind === "keyframe") return record.payload;
  if (record?.kind === "packed" && record.payload.byteLength > SIZE_BYTES) {
    const size = new DataView(record.payload).getUint32(0, true);
    if (size <= MAX_SCENE_BYTES)
      return (await inflate(new Uint8Array(record.payload, SIZE_BYTES), size)).buffer;
  }
  throw new ProtocolError("a part of a recording begins with a keyframe");
}
