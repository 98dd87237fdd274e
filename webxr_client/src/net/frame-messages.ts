/** Messages between the page and the worker that decodes frames. */
import type { Frame } from "../protocol/frames.js";
import type { ErrorCode } from "../protocol/messages.js";

export interface BeginScene {
  kind: "begin";
  scene_id: number;
  revision: number;
  /** Positions at `revision`, four numbers per point. */
  positions: Uint16Array;
}

export interface DecodeFrame {
  kind: "frame";
  /**
   * Number of the frame. The answer repeats this number. Answers come in the order of the frames.
   */
  id: number;
  buffer: ArrayBuffer;
  /** An array of positions that the page no longer uses; null if there is none. */
  spare: Uint16Array | null;
}

export type ToWorker = BeginScene | DecodeFrame;

export type FromWorker =
  | { id: number; frame: Frame }
  | { id: number; message: string; code: ErrorCode };
