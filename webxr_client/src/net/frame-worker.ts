/**
 * Worker that inflates and parses the frames of the stream, and adds the deltas of positions. At
 * 100,000 points this takes several milliseconds, in which a headset misses frames.
 */
import { decodeFrame, type Frame, ProtocolError } from "../protocol/frames.js";
import { ReceivedPositions } from "../protocol/received-positions.js";
import type { DecodeFrame, FromWorker, ToWorker } from "./frame-messages.js";

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const received = new ReceivedPositions();
/** Resolves when the messages so far are handled, in the order of arrival. */
let handled: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  handled = handled.then(() => {
    if (data.kind === "frame") return decode(data);
    received.begin(data.scene_id, data.revision, data.positions);
    return undefined;
  });
};

async function decode({ id, buffer, spare }: DecodeFrame): Promise<void> {
  try {
    const frame = await decodeFrame(buffer);
    if (frame.kind === "positions") {
      const positions = received.follow(frame, spare);
      if (positions) Object.assign(frame, { positions, planes: new Uint8Array(0) });
    }
    scope.postMessage({ id, frame }, buffersOf(frame));
  } catch (error) {
    const code = error instanceof ProtocolError ? error.code : "malformed_message";
    scope.postMessage({ id, message: error instanceof Error ? error.message : "", code }, []);
  }
}

/** The buffers of the frame's arrays, which are transferred without a copy. */
function buffersOf(frame: Frame): Transferable[] {
  return Object.values(frame)
    .filter((value) => ArrayBuffer.isView(value))
    .map(({ buffer }) => buffer as ArrayBuffer);
}
