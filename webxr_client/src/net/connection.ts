/**
 * The WebSocket stream to the server. The stream reconnects on its own and keeps each command until
 * the server answers the command, so that no command is lost between two connections. The server
 * ignores a command whose id it has already applied. The page itself refuses two kinds of commands,
 * and does not send them again: commands that are too large for a message, and commands for which
 * the server has closed the stream several times.
 */
import type { Frame } from "../protocol/frames.js";
import {
  CLOSE_REVOKED,
  type ClientOperation,
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  type ServerOperation,
} from "../protocol/messages.js";
import { FrameDecoder } from "./frame-decoder.js";
import { LeaveGuard } from "./leave-guard.js";
import { Liveness } from "./liveness.js";
import {
  type CommandOperation,
  type GivenUp,
  type Outgoing,
  outgoing,
  UnansweredCommands,
  type Upload,
} from "./unanswered.js";

export interface ConnectionState {
  /**
   * `waiting`: waits for the next attempt to connect. `refused`: the server closed the connection,
   * and the page does not try again. `none`: the page is a baked site without a server.
   */
  status: "connecting" | "open" | "waiting" | "refused" | "none";
  /** Message for the user: the current action, or the reason of a failure. */
  detail: string;
  /** Number of commands without an answer. */
  pending: number;
  /** Time of the next attempt in ms of performance.now(); null when no attempt is planned. */
  retryAt: number | null;
  /** Close code of the WebSocket while the status is `refused`; 0 otherwise. */
  code: number;
}

export interface StreamListener {
  /** Returns the first operation of a connection: the scene and revision that the page shows. */
  hello(): ClientOperation;
  /** Called for each operation. Operations and frames are passed on in the order of arrival. */
  onOperation(operation: ServerOperation): void;
  onFrame(frame: Frame): void;
  /** Called at each change of the connection or of the number of pending commands. */
  onState(state: ConnectionState): void;
}

/** Wait before the second attempt to connect, in ms. The wait doubles with each failure. */
const FIRST_WAIT = 300;
/** Longest wait between two attempts, in ms. */
const LONGEST_WAIT = 8000;
/**
 * Number of failed attempts after which the page mentions the certificate. These attempts take
 * about 10 s. A server that was restarted answers within this time.
 */
const FAILURES_UNTIL_HINT = 5;
/**
 * Message while there is no connection and the certificate may be the reason. It has to fit into
 * two lines of the palette in VR.
 */
export const CERTIFICATE_HINT =
  "Not connected. If the server runs, reload to accept its certificate.";
/** Close code of RFC 6455. */
const PROTOCOL_ERROR = 1002;

/** Number of bytes of `text` in UTF-8. */
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const PING = JSON.stringify({ op: "ping" } satisfies ClientOperation);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1);

export class Connection {
  readonly decoder = new FrameDecoder();
  private socket: WebSocket | null = null;
  private readonly unanswered = new UnansweredCommands();
  /** Asks the user before the page closes, because unanswered commands exist only in the page. */
  private readonly guard = new LeaveGuard();
  private readonly liveness = new Liveness(() => this.replaceSocket());
  /**
   * Number of streams so far. When a stream ends, the server forgets the selections of that stream.
   */
  streams = 0;
  /** Carries out commands in place of the stream, in a scene in tiles. It never rejects. */
  instead: ((operation: CommandOperation) => Promise<ServerOperation>) | null = null;
  private failures = 0;
  private timer: number | undefined;
  private welcomed = false;
  /** Resolves when all frames and operations received so far are handled, in order of arrival. */
  private decoding: Promise<void> = Promise.resolve();

  /** `listener` is a function because the listener is created after the connection. */
  constructor(
    private readonly url: string,
    private readonly listener: () => StreamListener,
  ) {}

  /** Set the state of a page without a stream. After this call, `open` must not be called. */
  disable(): void {
    window.clearTimeout(this.timer);
    this.setState("none", "", null);
  }

  /** Set the state of a page without a stream, whose requests go to a server (scene in tiles). */
  report(status: "waiting" | "refused", detail: string, code = 0): void {
    this.setState(status, detail, null, code);
  }

  open(): void {
    window.clearTimeout(this.timer);
    this.setState("connecting", this.failures ? "Reconnecting…" : "Connecting…", null);
    const socket = new WebSocket(this.url, PROTOCOL_VERSION);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.welcomed = false;
    socket.onopen = () => socket.send(JSON.stringify(this.listener().hello()));
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) =>
      this.receive(socket, event.data);
    socket.onclose = (event) => this.onClose(socket, event);
  }

  /** Send `hello` again on the same socket, after the page has fetched the scene again. */
  sendHello(): void {
    if (this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify(this.listener().hello()));
  }

  /**
   * Send a command now or at the next connection, and again at each connection until the server
   * answers the command. A command that is too large is refused at once.
   *
   * @param uploads Selections that the command names.
   * @returns False if the command is too large.
   */
  command(operation: CommandOperation, uploads: readonly Upload[] = []): boolean {
    const command = outgoing(operation, uploads);
    if (!this.instead && this.isTooLarge(command.text)) {
      this.refuseTooLarge(operation.command_id, command.text);
      return false;
    }
    this.unanswered.add(operation.command_id, command);
    this.reportPending();
    if (this.instead)
      void this.instead(operation).then((answer) => {
        this.endCommand(operation.command_id);
        this.listener().onOperation(answer);
      });
    else if (this.isOpen) this.send(command);
    return true;
  }

  /**
   * Send an operation, and the selections that it names. If the stream is not open, or the
   * operation is too large, drop the operation.
   */
  sendIfOpen(operation: ClientOperation, uploads: readonly Upload[] = []): void {
    if (!this.isOpen) return;
    const message = outgoing(operation, uploads);
    if (this.isTooLarge(message.text)) this.refuseTooLarge("", message.text);
    else this.send(message);
  }

  /** Disconnect until `open` is called. Commands without an answer are kept. */
  pause(): void {
    window.clearTimeout(this.timer);
    this.dropSocket();
  }

  /**
   * Check the stream when the page or VR becomes visible, because the device may have slept. A
   * stream that does not answer is replaced, and a planned attempt to connect is made at once.
   */
  check(): void {
    if (this.instead) return; // the server has no stream for a scene in tiles
    if (this.last.status === "waiting") this.open();
    else if (this.socket && this.last.status !== "refused") {
      this.liveness.begin();
      if (this.isOpen) this.socket.send(PING);
    }
  }

  /** Close the socket as a network failure would; the stream reconnects. */
  interrupt(): void {
    this.socket?.close();
  }

  private dropSocket(): void {
    const { socket } = this;
    this.socket = null;
    this.welcomed = false;
    this.liveness.end();
    socket?.close();
  }

  /** Replace a dead socket. Its `close` event would come only after the browser's own timeout. */
  private replaceSocket(): void {
    this.dropSocket();
    this.failures = Math.max(1, this.failures);
    this.open();
  }

  private get isOpen(): boolean {
    return this.welcomed && this.socket?.readyState === WebSocket.OPEN;
  }

  /** Send selections and then the operation that names them. No message comes between them. */
  private send({ frames, text }: Outgoing): void {
    for (const frame of frames) this.socket?.send(frame);
    this.socket?.send(text);
  }

  private isTooLarge(text: string): boolean {
    // A UTF-16 code unit has at most 3 bytes in UTF-8.
    return text.length * 3 > MAX_MESSAGE_BYTES && bytesOf(text) > MAX_MESSAGE_BYTES;
  }

  /** Report a command as refused, in the same way as the server would. */
  private refuseTooLarge(command_id: string, text: string): void {
    const size = megabytes(bytesOf(text));
    const message =
      `This action is too large to send (${size} MB), and changed nothing. ` +
      "Select fewer items, and repeat the action.";
    this.listener().onOperation({ op: "refused", command_id, code: "too_large", message });
  }

  private refuseGivenUp({ id, text, tooLarge }: GivenUp): void {
    if (tooLarge) {
      this.refuseTooLarge(id, text);
      return;
    }
    const message =
      "The server closed the connection each time the page sent this action. The page does not " +
      "send it again. The server's log has the reason. Reload the page, and check whether the " +
      "action took effect.";
    this.listener().onOperation({ op: "refused", command_id: id, code: "internal_error", message });
  }

  private receive(socket: WebSocket, data: string | ArrayBuffer): void {
    if (socket !== this.socket) return;
    this.liveness.seen();
    if (typeof data !== "string") {
      const decoded = this.decoder.decode(data);
      decoded.catch(() => {}); // errors are handled below, after the earlier frames
      this.decoding = this.decoding.then(async () => {
        try {
          const frame = await decoded;
          if (socket === this.socket) this.listener().onFrame(frame);
        } catch (error) {
          console.error(error);
          socket.close();
        }
      });
      return;
    }
    const operation = JSON.parse(data) as ServerOperation;
    // On a new connection, `welcome` arrives without a ping. Therefore `welcome` ends a check too.
    if (operation.op === "pong" || operation.op === "welcome") this.liveness.end();
    if (operation.op === "pong") return;
    if (operation.op === "welcome") this.onWelcome();
    if (operation.op === "ack" || operation.op === "refused" || operation.op === "resolved")
      this.endCommand(operation.command_id);
    // Decoding a frame takes time; an operation must not overtake the frames sent before it.
    this.decoding = this.decoding.then(() => {
      if (socket === this.socket) this.listener().onOperation(operation);
    });
  }

  private onWelcome(): void {
    if (!this.welcomed) for (const command of this.unanswered.all()) this.send(command);
    this.welcomed = true;
    this.streams += 1;
    this.failures = 0;
    this.setState("open", "", null);
  }

  private onClose(socket: WebSocket, event: CloseEvent): void {
    if (socket !== this.socket) return;
    this.liveness.end();
    // Before the welcome, no command was sent on this socket.
    if (this.welcomed) {
      for (const command of this.unanswered.giveUp(event.code)) this.refuseGivenUp(command);
      this.reportPending();
    }
    this.welcomed = false;
    if (event.code === PROTOCOL_ERROR) {
      const reason =
        event.reason || "The server runs another version of the protocol. Reload the page.";
      this.setState("refused", reason, null, event.code);
      return;
    }
    if (event.code === CLOSE_REVOKED) {
      this.setState("refused", "The owner revoked this device's access.", null, event.code);
      return;
    }
    this.failures += 1;
    // Jitter, so that pages that lost the server together do not all reconnect at the same time.
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures);
    const wait = longest * (0.5 + 0.5 * Math.random());
    this.timer = window.setTimeout(() => this.open(), wait);
    this.setState("waiting", this.unreachable(), performance.now() + wait);
  }

  /**
   * Message after a failed attempt. Browsers forget that the user has accepted a certificate
   * (Chromium after a week). A WebSocket then fails without a reason. Only when a page is loaded
   * does the browser ask the user again.
   */
  private unreachable(): string {
    if (this.failures < FAILURES_UNTIL_HINT || !this.url.startsWith("wss:"))
      return "The server cannot be reached.";
    return CERTIFICATE_HINT;
  }

  private last: ConnectionState = {
    status: "connecting",
    detail: "",
    pending: 0,
    retryAt: null,
    code: 0,
  };

  private setState(
    status: ConnectionState["status"],
    detail: string,
    retryAt: number | null,
    code = 0,
  ): void {
    this.last = { status, detail, pending: this.unanswered.size, retryAt, code };
    this.listener().onState(this.last);
  }

  private endCommand(id: string): void {
    this.unanswered.delete(id);
    this.reportPending();
  }

  private reportPending(): void {
    this.guard.needed = this.unanswered.size > 0;
    this.last = { ...this.last, pending: this.unanswered.size };
    this.listener().onState(this.last);
  }
}
