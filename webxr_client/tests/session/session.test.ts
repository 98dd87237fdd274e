import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PositionsFrame } from "../../src/protocol/frames.js";
import type { ServerOperation } from "../../src/protocol/messages.js";
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
vi.mock("../../src/net/api.js", async (original) => ({
  ...(await original<typeof import("../../src/net/api.js")>()),
  fetchScene: async () => {
    const next = fetched.shift();
    if (!next) throw new Error("the server is unreachable");
    return next;
  },
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
