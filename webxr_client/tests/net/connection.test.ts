/**
 * Commands without an answer. Only the page has these commands, so the browser must ask the user
 * before it closes the page. A command that is too large must be refused, and never be sent again.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CERTIFICATE_HINT,
  Connection,
  type ConnectionState,
  type StreamListener,
} from "../../src/net/connection.js";
import {
  MAX_MESSAGE_BYTES,
  PART_BYTES,
  type ServerOperation,
} from "../../src/protocol/messages.js";

class PlayedSocket {
  static readonly OPEN = 1;
  static last: PlayedSocket;
  readyState = 1;
  readonly sent: { op: string; command_id?: string }[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number; reason: string }) => void;

  constructor() {
    PlayedSocket.last = this;
  }
  send(message: string | Uint8Array): void {
    this.sent.push(typeof message === "string" ? JSON.parse(message) : { op: "part" });
  }
  close(): void {}
  receive(operation: object): void {
    this.onmessage?.({ data: JSON.stringify(operation) });
  }
}

let connection: Connection;
const pending: number[] = [];
let shown: ConnectionState;
const received: ServerOperation[] = [];

/** Whether the browser asks before it closes the page. */
const asks = () => {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};

beforeEach(() => {
  received.length = 0;
  vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
  vi.stubGlobal("WebSocket", PlayedSocket);
  const listener: StreamListener = {
    hello: () => ({ op: "hello" }) as never,
    onOperation: (operation) => received.push(operation),
    onFrame: () => {},
    onState: (state) => {
      shown = state;
      pending.push(state.pending);
    },
  };
  connection = new Connection("ws://localhost", () => listener);
});
afterEach(() => {
  connection.pause();
  vi.unstubAllGlobals();
});

describe("closing the page", () => {
  it("asks while a command has no answer", () => {
    connection.open();
    PlayedSocket.last.receive({ op: "welcome", session: {} });
    expect(asks()).toBe(false);
    connection.command({ op: "undo", command_id: "a" });
    connection.command({ op: "redo", command_id: "b" });
    expect(asks()).toBe(true);
    PlayedSocket.last.receive({ op: "ack", command_id: "a" });
    expect(asks()).toBe(true);
    PlayedSocket.last.receive({ op: "refused", command_id: "b" });
    expect(asks()).toBe(false);
    expect(pending.at(-1)).toBe(0);
  });
  it("asks while the server is unreachable, until it answers the command", () => {
    connection.open();
    connection.command({ op: "undo", command_id: "a" });
    PlayedSocket.last.onclose?.({ code: 1006, reason: "" });
    expect(asks()).toBe(true);
    connection.open();
    PlayedSocket.last.receive({ op: "welcome", session: {} });
    expect(PlayedSocket.last.sent.map(({ command_id }) => command_id)).toEqual(["a"]);
    expect(asks()).toBe(true);
    PlayedSocket.last.receive({ op: "ack", command_id: "a" });
    expect(asks()).toBe(false);
  });
  it("does not ask about an operation without an answer", () => {
    connection.open();
    PlayedSocket.last.receive({ op: "welcome", session: {} });
    connection.sendIfOpen({ op: "drag", items: [], targets: [] });
    expect(asks()).toBe(false);
  });
});

const connect = () => {
  connection.open();
  PlayedSocket.last.receive({ op: "welcome", session: {} });
};
const named = (command_id: string, bytes: number) => {
  const empty = JSON.stringify({ op: "add_class", command_id, name: "" });
  return { op: "add_class", command_id, name: "x".repeat(bytes - empty.length) } as const;
};
const sentIds = () => PlayedSocket.last.sent.flatMap(({ command_id }) => command_id ?? []);
const refusedIds = () =>
  received.flatMap((operation) =>
    operation.op === "refused" && operation.code === "too_large" ? [operation.command_id] : [],
  );

describe("a command that is too large", () => {
  it("is refused before it is sent", () => {
    connect();
    expect(connection.command(named("fits", MAX_MESSAGE_BYTES))).toBe(true);
    expect(connection.command(named("large", MAX_MESSAGE_BYTES + 1))).toBe(false);
    expect(refusedIds()).toEqual(["large"]);
    expect(sentIds()).toEqual(["fits"]);
    expect(pending.at(-1)).toBe(1);
  });
  it("is measured in bytes of UTF-8", () => {
    connect();
    const name = "\u20ac".repeat(MAX_MESSAGE_BYTES / 3);
    expect(connection.command({ op: "add_class", command_id: "euros", name })).toBe(false);
    expect(refusedIds()).toEqual(["euros"]);
  });
  it("is refused without a connection too", () => {
    connection.command(named("large", MAX_MESSAGE_BYTES + 1));
    expect(refusedIds()).toEqual(["large"]);
    expect(asks()).toBe(false);
  });
  it("drops an operation without an answer, and reports it", () => {
    connect();
    const items = new Array<number>(MAX_MESSAGE_BYTES / 2).fill(1);
    connection.sendIfOpen({ op: "drag", items, targets: [] });
    expect(PlayedSocket.last.sent).toEqual([]);
    expect(refusedIds()).toEqual([""]);
  });
  it("is not sent again after the server closed the stream with code 1009", () => {
    connect();
    for (const [id, bytes] of [
      ["first", 100],
      ["large", 5000],
      ["last", 200],
    ] as const)
      connection.command(named(id, bytes));
    PlayedSocket.last.onclose?.({ code: 1009, reason: "" });
    expect(refusedIds()).toEqual(["large"]);
    expect(pending.at(-1)).toBe(2);
    connect();
    expect(sentIds()).toEqual(["first", "last"]);
  });
  it("leaves the others in place when it cannot be the cause", () => {
    connection.open();
    connection.command(named("waits", 100));
    PlayedSocket.last.onclose?.({ code: 1009, reason: "" });
    expect(refusedIds()).toEqual([]);
    connect();
    expect(sentIds()).toEqual(["waits"]);
    PlayedSocket.last.onclose?.({ code: 1006, reason: "" });
    expect(refusedIds()).toEqual([]);
    expect(pending.at(-1)).toBe(1);
  });
});

describe("a command with a selection", () => {
  const selection = { slot: 0, packed: new Uint8Array(PART_BYTES + 1) };
  const ops = () => PlayedSocket.last.sent.map(({ op }) => op);

  it("follows the parts of its selection, at each connection", () => {
    connection.command({ op: "undo", command_id: "a" });
    connection.command({ op: "redo", command_id: "b" }, [selection]);
    for (let time = 0; time < 2; time++) {
      connect();
      expect(ops()).toEqual(["undo", "part", "part", "redo"]);
      PlayedSocket.last.onclose?.({ code: 1006, reason: "" });
    }
    connect();
    PlayedSocket.last.receive({ op: "ack", command_id: "b" });
    connect();
    expect(ops()).toEqual(["undo"]);
  });
  it("is given up after the server has rejected it on three streams", () => {
    connection.command({ op: "undo", command_id: "a" }, [selection]);
    for (const code of [1003, 1006, 1007, 1006, 1011]) {
      connect();
      expect(ops()).toEqual(["part", "part", "undo"]);
      expect(received).toEqual([]);
      PlayedSocket.last.onclose?.({ code, reason: "" });
    }
    const [refused] = received;
    expect(refused?.op === "refused" && refused.command_id).toBe("a");
    expect(pending.at(-1)).toBe(0);
    connect();
    expect(ops()).toEqual([]);
  });
});

describe("a stream that is checked after a sleep", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const sentOps = () => PlayedSocket.last.sent.map(({ op }) => op);

  it("is kept if the server answers", () => {
    connect();
    const first = PlayedSocket.last;
    connection.check();
    expect(sentOps()).toEqual(["ping"]);
    vi.advanceTimersByTime(2900);
    first.receive({ op: "pong" });
    vi.advanceTimersByTime(60_000);
    expect(PlayedSocket.last).toBe(first);
    expect(shown.status).toBe("open");
    expect(received.map(({ op }) => op)).not.toContain("pong");
  });
  it("is replaced after 3 s without a message, and commands are sent again", () => {
    connect();
    const dead = PlayedSocket.last;
    connection.command({ op: "undo", command_id: "a" });
    connection.check();
    vi.advanceTimersByTime(2999);
    expect(PlayedSocket.last).toBe(dead);
    vi.advanceTimersByTime(1);
    expect(PlayedSocket.last).not.toBe(dead);
    expect(shown.status).toBe("connecting");
    PlayedSocket.last.receive({ op: "welcome", session: {} });
    expect(sentIds()).toEqual(["a"]);
    dead.onclose?.({ code: 1006, reason: "" });
    expect(shown.status).toBe("open");
  });
  it("gets more time with each message, which does not replace the answer", () => {
    connect();
    const first = PlayedSocket.last;
    connection.check();
    vi.advanceTimersByTime(2000);
    first.receive({ op: "peer", client_id: "b" });
    vi.advanceTimersByTime(2000);
    expect(PlayedSocket.last).toBe(first);
    vi.advanceTimersByTime(1000);
    expect(PlayedSocket.last).not.toBe(first);
  });
  it("reconnects at once instead of waiting for the next attempt", () => {
    connect();
    const closed = PlayedSocket.last;
    closed.onclose?.({ code: 1006, reason: "" });
    expect(shown.status).toBe("waiting");
    connection.check();
    expect(PlayedSocket.last).not.toBe(closed);
    expect(shown.status).toBe("connecting");
  });
  it("stays closed after the owner revoked the device", () => {
    connect();
    const closed = PlayedSocket.last;
    closed.onclose?.({ code: 4401, reason: "" });
    connection.check();
    vi.advanceTimersByTime(60_000);
    expect(PlayedSocket.last).toBe(closed);
  });
});

describe("a server that cannot be reached", () => {
  const failures = (url: string, count: number) => {
    connection = new Connection(url, () => ({
      hello: () => ({ op: "hello" }) as never,
      onOperation: () => {},
      onFrame: () => {},
      onState: (state) => {
        shown = state;
      },
    }));
    for (let k = 0; k < count; k++) {
      connection.open();
      PlayedSocket.last.onclose?.({ code: 1006, reason: "" });
    }
    return shown.detail;
  };
  it("is explained by its certificate only over https, after several attempts", () => {
    expect(failures("wss://192.168.1.20", 4)).toBe("The server cannot be reached.");
    expect(failures("wss://192.168.1.20", 5)).toBe(CERTIFICATE_HINT);
    expect(failures("ws://localhost", 5)).toBe("The server cannot be reached.");
  });
});

describe("a scene in tiles", () => {
  const label = { op: "label", command_id: "a", items: [0], class_id: 0 } as never;
  it("does not open a stream when the page becomes visible", () => {
    const sockets = vi.fn();
    vi.stubGlobal("WebSocket", sockets);
    connection.instead = async () => ({ op: "ack" }) as never;
    connection.report("waiting", "The server cannot be reached.");
    connection.check();
    expect(sockets).not.toHaveBeenCalled();
  });
  it("counts a command as pending until the server answers it", async () => {
    let answer: (operation: ServerOperation) => void = () => {};
    connection.instead = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    connection.command(label);
    expect([shown.pending, asks()]).toEqual([1, true]);
    answer({ op: "ack", command_id: "a" } as never);
    await vi.waitFor(() => expect(shown.pending).toBe(0));
    expect(asks()).toBe(false);
    expect(received.map(({ op }) => op)).toEqual(["ack"]);
  });
  it("stops the attempts to connect", () => {
    vi.useFakeTimers();
    vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
    connection.open();
    const socket = PlayedSocket.last;
    socket.onclose?.({ code: 1006, reason: "" });
    connection.disable();
    vi.runAllTimers();
    expect(PlayedSocket.last).toBe(socket);
    vi.useRealTimers();
  });
});
