import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ServerError } from "../../src/net/errors.js";
import type { PositionsFrame } from "../../src/protocol/frames.js";
import { CLOSE_REVOKED, type ServerOperation } from "../../src/protocol/messages.js";
import type { SceneFile } from "../../src/protocol/scene-file.js";
import { Session } from "../../src/session/session.js";
import { AppState } from "../../src/state/app-state.js";
import { oneItem } from "../state/one-item.js";

vi.stubGlobal("window", globalThis);
vi.stubGlobal("location", { protocol: "http:", host: "localhost" });

const frame = (base_revision: number): PositionsFrame => ({
  kind: "positions",
  header: {
    opcode: 1,
    shift: 0,
    axes: 3,
    flags: 0,
    n: 1,
    base_revision,
    revision: base_revision + 1,
    step: 0,
    scene_id: 1,
    payload_bytes: 0,
    raw_bytes: 6,
  },
  planes: Uint8Array.of(2, 0, 0, 0, 0, 0),
});

let fetched: SceneFile[];
let refused: ServerError | null = null;
vi.mock("../../src/net/api.js", async (original) => ({
  ...(await original<typeof import("../../src/net/api.js")>()),
  fetchScene: async () => {
    const next = fetched.shift();
    if (!next) throw new Error("the server is unreachable");
    return next;
  },
  fetchSession: async () => {
    throw refused ?? new Error("the server is unreachable");
  },
  requestAccess: () => new Promise(() => {}),
}));

describe("a scene that is fetched again", () => {
  const warnings = vi.spyOn(console, "warn").mockImplementation(() => {});
  const resync = { op: "resync", scene_id: 1, reason: "too far behind" } as ServerOperation;
  const welcome = {
    op: "welcome",
    session: { classes: [], pins: [] },
  } as unknown as ServerOperation;
  let state: AppState;
  let session: Session;
  beforeEach(() => {
    warnings.mockClear();
    state = new AppState();
    session = new Session(state);
    state.latent.setScene(oneItem(3));
  });

  it("drops frames until the server answers with welcome", async () => {
    fetched = [oneItem(9)];
    const sendHello = vi.spyOn(session.connection, "sendHello");
    session.stream.onOperation(resync);
    session.stream.onFrame(frame(3));
    await vi.waitFor(() => expect(sendHello).toHaveBeenCalledTimes(1));
    expect(state.latent.received).toBe(9);
    session.stream.onFrame(frame(4));
    session.stream.onFrame(frame(5));
    expect(warnings).not.toHaveBeenCalled();
    expect(state.latent.received).toBe(9);
    session.stream.onOperation(welcome);
    session.stream.onFrame(frame(9));
    expect(state.latent.received).toBe(10);
  });

  it("interrupts the connection if it fails to load, and resumes afterwards", async () => {
    fetched = [];
    const interrupt = vi.spyOn(session.connection, "interrupt");
    session.stream.onOperation(resync);
    session.stream.onFrame(frame(3));
    await vi.waitFor(() => expect(interrupt).toHaveBeenCalledTimes(1));
    session.stream.onFrame(frame(4));
    expect(warnings).not.toHaveBeenCalled();
    session.stream.onOperation(welcome);
    session.stream.onFrame(frame(3));
    expect(state.latent.received).toBe(4);
  });

  it("replaces the shown scene if a frame does not follow", async () => {
    fetched = [oneItem(9)];
    session.stream.onFrame(frame(7));
    expect(warnings).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(state.latent.received).toBe(9));
  });
});

describe("a device without access", () => {
  const forgotten = vi.fn(async (_name: string) => true);
  let state: AppState;
  let session: Session;
  beforeEach(() => {
    forgotten.mockClear();
    vi.stubGlobal("caches", { delete: forgotten });
    refused = new ServerError("not_paired", "This device has no access.");
    state = new AppState();
    session = new Session(state);
  });
  afterEach(() => {
    vi.stubGlobal("caches", undefined);
    refused = null;
  });
  const closed = (status: "refused" | "waiting", code: number) =>
    session.stream.onState({ ...state.connection.peek(), status, code });

  it("forgets its pictures when the owner revokes access during the session", () => {
    closed("refused", CLOSE_REVOKED);
    expect(forgotten.mock.calls).toEqual([["lodespace-pictures"]]);
    expect(state.pairing.value?.state).toBe("revoked");
  });
  it("forgets its pictures when access was revoked before the stream opened", async () => {
    closed("waiting", 0);
    await vi.waitFor(() => expect(state.pairing.value?.state).toBe("revoked"));
    expect(forgotten.mock.calls).toEqual([["lodespace-pictures"]]);
  });
  it("forgets its pictures when it visits again", async () => {
    await session.start();
    expect(forgotten.mock.calls).toEqual([["lodespace-pictures"]]);
    expect(state.pairing.value?.state).toBe("asking");
  });
  it("keeps its pictures while the server cannot be reached", async () => {
    refused = null;
    vi.useFakeTimers();
    await session.start();
    closed("refused", 1002);
    closed("waiting", 0);
    await Promise.resolve();
    vi.useRealTimers();
    expect(forgotten).not.toHaveBeenCalled();
    expect(state.failure.value).toBe("the server is unreachable");
  });
});
