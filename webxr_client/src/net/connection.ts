/**
 * The stream, kept open: reconnects by itself, and keeps every command until it is answered, so that none is lost in between. The server
 * knows commands by their id: one that arrives twice has no second effect.
 */
import { decodeFrame, type Frame } from "../protocol/frames.js";
import {
  type ClientOperation,
  PROTOCOL_VERSION,
  type ServerOperation,
} from "../protocol/messages.js";
import { LeaveGuard } from "./leave-guard.js";

export interface ConnectionState {
  status: "connecting" | "open" | "waiting" | "refused" | "none";
  /** For a person: what it is doing, or why not. */
  detail: string;
  /** Commands that are not answered yet. */
  pending: number;
  /** When the next attempt is due, in ms of performance.now(); null when none is planned. */
  retryAt: number | null;
  /** Why the server closed the stream, when it is refused; 0 otherwise. */
  code: number;
}

export interface StreamListener {
  /** The greeting to send first: what the page shows now. */
  hello(): ClientOperation;
  onOperation(operation: ServerOperation): void;
  onFrame(frame: Frame): void;
  onState(state: ConnectionState): void;
}

type CommandOperation = Extract<ClientOperation, { command_id: string }>;

const FIRST_WAIT = 300;
const LONGEST_WAIT = 8000;
const PROTOCOL_ERROR = 1002;
/** This device was shut out. */
export const CLOSE_REVOKED = 4401;

export class Connection {
  private socket: WebSocket | null = null;
  private readonly unanswered = new Map<string, CommandOperation>();
  /** What is not answered lives nowhere but here. */
  private readonly guard = new LeaveGuard();
  private failures = 0;
  private timer: number | undefined;
  private closed = false;
  private greeted = false;
  /** Frames are inflated one after the other, in the order they came. */
  private decoding: Promise<void> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly listener: StreamListener,
  ) {}

  /** There is no server: what is shown is all there is. */
  standStill(): void {
    this.closed = true;
    this.tell("none", "", null);
  }

  open(): void {
    window.clearTimeout(this.timer);
    this.tell("connecting", this.failures ? "Reconnecting…" : "Connecting…", null);
    const socket = new WebSocket(this.url, PROTOCOL_VERSION);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.greeted = false;
    socket.onopen = () => socket.send(JSON.stringify(this.listener.hello()));
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) =>
      this.receive(socket, event.data);
    socket.onclose = (event) => this.lost(socket, event);
  }

  /** Say hello again on the same socket, after the scene was fetched anew. */
  greet(): void {
    if (this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify(this.listener.hello()));
  }

  /** Send a command now, or as soon as there is a connection; it is sent again until it is answered. */
  command(operation: CommandOperation): void {
    this.unanswered.set(operation.command_id, operation);
    this.mention(operation);
    this.tellPending();
  }

  /** Send if there is a connection; forget it otherwise. */
  mention(operation: ClientOperation): void {
    if (this.greeted && this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify(operation));
  }

  /** Try no more until `open`; what was not answered is kept. */
  pause(): void {
    window.clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    this.greeted = false;
    socket?.close();
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
  }

  /** Drop the connection as a lost network would; for tests. */
  interrupt(): void {
    this.socket?.close();
  }

  private receive(socket: WebSocket, data: string | ArrayBuffer): void {
    if (socket !== this.socket) return;
    if (typeof data !== "string") {
      this.decoding = this.decoding.then(async () => {
        try {
          const frame = await decodeFrame(data);
          if (socket === this.socket) this.listener.onFrame(frame);
        } catch (error) {
          console.error(error);
          socket.close();
        }
      });
      return;
    }
    const operation = JSON.parse(data) as ServerOperation;
    if (operation.op === "welcome") this.welcomed(socket);
    if (operation.op === "ack" || operation.op === "refused" || operation.op === "resolved") {
      this.unanswered.delete(operation.command_id);
      this.tellPending();
    }
    // Operations wait for the frames before them: news must not overtake positions.
    this.decoding = this.decoding.then(() => {
      if (socket === this.socket) this.listener.onOperation(operation);
    });
  }

  private welcomed(socket: WebSocket): void {
    if (!this.greeted)
      for (const operation of this.unanswered.values()) socket.send(JSON.stringify(operation));
    this.greeted = true;
    this.failures = 0;
    this.tell("open", "", null);
  }

  private lost(socket: WebSocket, event: CloseEvent): void {
    if (socket !== this.socket || this.closed) return;
    this.greeted = false;
    if (event.code === PROTOCOL_ERROR) {
      const reason = event.reason || "The server speaks another version: reload the page.";
      this.tell("refused", reason, null, event.code);
      return;
    }
    if (event.code === CLOSE_REVOKED) {
      this.tell("refused", "The owner has shut this device out.", null, event.code);
      return;
    }
    this.failures += 1;
    // Jitter: pages that were cut off together do not come back together.
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures);
    const wait = longest * (0.5 + 0.5 * Math.random());
    this.timer = window.setTimeout(() => this.open(), wait);
    this.tell("waiting", "The server cannot be reached.", performance.now() + wait);
  }

  private last: ConnectionState = {
    status: "connecting",
    detail: "",
    pending: 0,
    retryAt: null,
    code: 0,
  };

  private tell(
    status: ConnectionState["status"],
    detail: string,
    retryAt: number | null,
    code = 0,
  ): void {
    this.last = { status, detail, pending: this.unanswered.size, retryAt, code };
    this.listener.onState(this.last);
  }

  private tellPending(): void {
    this.guard.needed = this.unanswered.size > 0;
    this.last = { ...this.last, pending: this.unanswered.size };
    this.listener.onState(this.last);
  }
}
