/** The browser asks before it closes a page with unanswered commands: only the page has them. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type StreamListener } from "../../src/net/connection.js";

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
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  receive(operation: object): void {
    this.onmessage?.({ data: JSON.stringify(operation) });
  }
}

let connection: Connection;
const pending: number[] = [];

/** Whether the browser asks before it closes the page. */
const asks = () => {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};

beforeEach(() => {
  vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
  vi.stubGlobal("WebSocket", PlayedSocket);
  const listener: StreamListener = {
    hello: () => ({ op: "hello" }) as never,
    onOperation: () => {},
    onFrame: () => {},
    onState: (state) => pending.push(state.pending),
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
