/**
 * Decoding of frames in a worker. Where there is no worker, or the worker fails, frames are decoded
 * on the main thread.
 */
import { decodeFrame, type Frame, ProtocolError } from "../protocol/frames.js";
import type { FromWorker, ToWorker } from "./frame-messages.js";
import workerUrl from "./frame-worker.js?worker&url";
import { startWorker } from "./worker-start.js";

/** Time after which a worker that does not answer counts as failed, ms. */
const PATIENCE = 10_000;
/** Largest number of spare arrays that are kept for the worker. */
const SPARE = 2;

interface Waiting {
  buffer: ArrayBuffer;
  since: number;
  resolve(frame: Frame | Promise<Frame>): void;
  reject(error: Error): void;
}

export class FrameDecoder {
  private worker: Worker | null;
  /** Frames in the worker, oldest first, by number. */
  private readonly waiting = new Map<number, Waiting>();
  private readonly spare: Uint16Array<ArrayBuffer>[] = [];
  private sent = 0;

  constructor(start: () => Worker | null = () => startWorker(workerUrl)) {
    this.worker = start();
    if (!this.worker) return;
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data);
    this.worker.onerror = (event) => this.fail(event.message);
    this.worker.onmessageerror = () => this.fail("a message could not be read");
  }

  /** Whether frames are decoded in a worker. */
  get inWorker(): boolean {
    return this.worker !== null;
  }

  /**
   * Decode a frame. If the worker fails, the results of several calls can arrive in another order
   * than the calls. The caller has to restore the order. Rejects with ProtocolError.
   */
  decode(buffer: ArrayBuffer): Promise<Frame> {
    const [oldest] = this.waiting.values();
    if (oldest && performance.now() - oldest.since > PATIENCE) this.fail("no answer");
    if (!this.worker) return decodeFrame(buffer);
    const id = ++this.sent;
    const spare = this.spare.pop() ?? null;
    // The buffer is copied, because the page decodes it if the worker fails.
    this.post({ kind: "frame", id, buffer, spare }, spare ? [spare.buffer] : []);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { buffer, since: performance.now(), resolve, reject });
    });
  }

  /**
   * Begin with the positions of a scene, so that the next decoded frames contain positions, not
   * only deltas. `positions`: returns four numbers per point, in an array that only the decoder
   * uses.
   */
  begin(scene_id: number, revision: number, positions: () => Uint16Array): void {
    if (!this.worker) return;
    const given = positions();
    this.post({ kind: "begin", scene_id, revision, positions: given }, [
      given.buffer as ArrayBuffer,
    ]);
  }

  /** Take an array of positions that is no longer used. */
  recycle(positions: Uint16Array): void {
    if (this.worker && this.spare.length < SPARE)
      this.spare.push(positions as Uint16Array<ArrayBuffer>);
  }

  private post(message: ToWorker, transfer: Transferable[]): void {
    this.worker?.postMessage(message, transfer);
  }

  private receive(answer: FromWorker): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ("frame" in answer) waiting?.resolve(answer.frame);
    else waiting?.reject(new ProtocolError(answer.message, answer.code));
  }

  /** Decode all frames on the main thread from now on, beginning with those in the worker. */
  private fail(why: string): void {
    if (!this.worker) return;
    console.warn(`Frames are decoded without a worker: ${why}`);
    this.worker.terminate();
    this.worker = null;
    for (const { buffer, resolve } of this.waiting.values()) resolve(decodeFrame(buffer));
    this.waiting.clear();
  }
}
