/**
 * Binary frames of the stream, decoded into typed arrays. docs/protocol.md has the byte tables. The
 * vectors in tests/vectors/protocol test this decoder and the server's encoder.
 */
import {
  type ErrorCode,
  FORCE_TERMS,
  FRAME_HEADER_BYTES,
  OPCODE_FORCES,
  OPCODE_POSITIONS,
  OPCODE_PREDICTIONS,
} from "./messages.js";

/** Error for received bytes that violate the protocol. `code`: error code of the protocol. */
export class ProtocolError extends Error {
  constructor(
    message: string,
    readonly code: ErrorCode = "malformed_message",
  ) {
    super(message);
  }
}

/** Header of a frame; docs/protocol.md has the table of the header bytes. */
export interface FrameHeader {
  /** Kind of the frame: OPCODE_POSITIONS, OPCODE_PREDICTIONS or OPCODE_FORCES. */
  opcode: number;
  /** Left shift of position deltas, bits. */
  shift: number;
  /** Number of axes of positions and forces, 2 or 3. */
  axes: number;
  /** 1 if training rests and the positions are exact. */
  flags: number;
  /** Number of points, or of predictions. */
  n: number;
  /** Revision of the positions to which the deltas are added. */
  base_revision: number;
  /** Revision of the positions after this frame. */
  revision: number;
  /** Training step of the frame. */
  step: number;
  /** Id of the scene to which the frame belongs. */
  scene_id: number;
  /** Size of the payload, bytes. */
  payload_bytes: number;
  /** Size of the payload after inflating, bytes. */
  raw_bytes: number;
}

/**
 * Moves every point. `planes` holds zigzag 16-bit deltas: low bytes axis by axis, then high bytes.
 */
export interface PositionsFrame {
  kind: "positions";
  header: FrameHeader;
  planes: Uint8Array;
  /**
   * Positions after the frame, four numbers per point. If the decoder has computed them, `planes`
   * is empty. Otherwise, `positions` is undefined.
   */
  positions?: Uint16Array;
}

/** Predictions that changed. A confidence of 255 is certain. */
export interface PredictionsFrame {
  kind: "predictions";
  header: FrameHeader;
  items: Uint32Array;
  class_ids: Int16Array;
  confidence: Uint8Array;
}

/**
 * Force of each term of FORCE_TERMS on each item, in nats per latent unit, stored term by term,
 * item by item, axis by axis.
 */
export interface ForcesFrame {
  kind: "forces";
  header: FrameHeader;
  vectors: Float32Array;
}

export type Frame = PositionsFrame | PredictionsFrame | ForcesFrame;

/** Size of the inflated payload in bytes, computed from a header. */
function rawBytes({ opcode, axes, n }: FrameHeader): number {
  if (opcode === OPCODE_POSITIONS) return 2 * axes * n;
  if (opcode === OPCODE_FORCES) return FORCE_TERMS.length * (4 + axes * n);
  return 7 * n;
}

/** Parse one frame. Rejects with ProtocolError, whose message names the defect. */
export async function decodeFrame(buffer: ArrayBuffer): Promise<Frame> {
  const header = decodeHeader(buffer);
  const expected = rawBytes(header);
  if (header.raw_bytes !== expected) {
    throw new ProtocolError(
      `${header.n} entries take ${expected} bytes, the header states ${header.raw_bytes}`,
    );
  }
  const raw = await inflate(new Uint8Array(buffer, FRAME_HEADER_BYTES), expected);
  if (header.opcode === OPCODE_POSITIONS) return { kind: "positions", header, planes: raw };
  if (header.opcode === OPCODE_FORCES)
    return { kind: "forces", header, vectors: decodeForces(raw, header) };
  return { kind: "predictions", header, ...decodePredictions(raw, header.n) };
}

function decodeHeader(buffer: ArrayBuffer): FrameHeader {
  if (buffer.byteLength < FRAME_HEADER_BYTES) {
    throw new ProtocolError(
      `a frame header has ${FRAME_HEADER_BYTES} bytes, but this frame has ${buffer.byteLength}`,
    );
  }
  const view = new DataView(buffer);
  const header: FrameHeader = {
    opcode: view.getUint8(0),
    shift: view.getUint8(1),
    axes: view.getUint8(2),
    flags: view.getUint8(3),
    n: view.getUint32(4, true),
    base_revision: view.getUint32(8, true),
    revision: view.getUint32(12, true),
    step: view.getUint32(16, true),
    scene_id: view.getUint32(20, true),
    payload_bytes: view.getUint32(24, true),
    raw_bytes: view.getUint32(28, true),
  };
  if (![OPCODE_POSITIONS, OPCODE_PREDICTIONS, OPCODE_FORCES].includes(header.opcode)) {
    throw new ProtocolError(`opcode ${header.opcode} is unknown`, "unknown_opcode");
  }
  if (buffer.byteLength !== FRAME_HEADER_BYTES + header.payload_bytes) {
    const found = buffer.byteLength - FRAME_HEADER_BYTES;
    throw new ProtocolError(
      `the header states ${header.payload_bytes} payload bytes, but the frame has ${found}`,
    );
  }
  if (
    header.opcode !== OPCODE_PREDICTIONS &&
    (header.axes < 2 || header.axes > 3 || header.shift > 15)
  ) {
    throw new ProtocolError(
      "a frame of points has 2 or 3 axes and a shift up to 15, " +
        `but this frame has ${header.axes} axes and a shift of ${header.shift}`,
    );
  }
  return header;
}

function decodeForces(raw: Uint8Array, { n, axes }: FrameHeader): Float32Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const terms = FORCE_TERMS.length;
  const vectors = new Float32Array(terms * n * axes);
  for (let term = 0, at = 4 * terms; term < terms; term++) {
    const scale = view.getFloat32(4 * term, true);
    for (let axis = 0; axis < axes; axis++)
      for (let i = 0; i < n; i++, at++)
        vectors[(term * n + i) * axes + axis] = scale * view.getInt8(at);
  }
  return vectors;
}

function decodePredictions(raw: Uint8Array, n: number) {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const items = new Uint32Array(n);
  const class_ids = new Int16Array(n);
  let item = 0;
  for (let k = 0; k < n; k++) {
    item += view.getUint32(4 * k, true);
    if (item > 0x7fffffff) throw new ProtocolError("an item number is out of range");
    items[k] = item;
    class_ids[k] = view.getInt16(4 * n + 2 * k, true);
  }
  return { items, class_ids, confidence: raw.slice(6 * n, 7 * n) };
}

/** Inflate raw deflate data with the browser's decompressor, up to `expected` bytes. */
export async function inflate(
  payload: Uint8Array<ArrayBuffer>,
  expected: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(expected);
  let length = 0;
  try {
    const stream = new Blob([payload]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (length + part.value.length > expected) {
        await reader.cancel();
        throw new ProtocolError(
          `the payload inflates to more than the ${expected} bytes that the header states`,
        );
      }
      out.set(part.value, length);
      length += part.value.length;
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(`the payload is not raw deflate: ${String(error)}`);
  }
  if (length !== expected)
    throw new ProtocolError(
      `the payload inflates to fewer than the ${expected} bytes that the header states`,
    );
  return out;
}

/**
 * Add the deltas of a frame to grid positions in place. Positions have four numbers per point.
 * Takes 0.5 ms for 70,000 points. Throws ProtocolError when the numbers of points of the frame and
 * of `positions` differ.
 */
export function addDeltas(frame: PositionsFrame, positions: Uint16Array): void {
  const { n, axes, shift } = frame.header;
  if (positions.length !== 4 * n) {
    throw new ProtocolError(
      `a frame of ${n} points does not fit a scene of ${positions.length / 4} points`,
    );
  }
  const planes = frame.planes;
  for (let axis = 0; axis < axes; axis++) {
    const low = axis * n;
    const high = (axes + axis) * n;
    for (let i = 0, at = axis; i < n; i++, at += 4) {
      const zigzag = planes[low + i]! | (planes[high + i]! << 8);
      positions[at]! += ((zigzag >>> 1) ^ -(zigzag & 1)) << shift;
    }
  }
}
