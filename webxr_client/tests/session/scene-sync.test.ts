/** Rings of added items. */
import { expect, it, vi } from "vitest";
import type { Connection } from "../../src/net/connection.js";
import type { SessionInfo } from "../../src/protocol/messages.js";
import type { SceneFile } from "../../src/protocol/scene-file.js";
import { SceneSync } from "../../src/session/scene-sync.js";
import { AppState } from "../../src/state/app-state.js";

const { fetchScene } = vi.hoisted(() => ({ fetchScene: vi.fn() }));
vi.mock("../../src/net/api.js", () => ({ fetchScene }));

it("marks added items for ten seconds, and items added meanwhile for longer", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  const state = new AppState();
  const connection = { decoder: { begin: () => {} } } as unknown as Connection;
  const sync = new SceneSync(state, connection);
  const show = async (n: number) => {
    fetchScene.mockResolvedValue({
      scene_id: n,
      n,
      latent_dim: 2,
      box: { origin: [0, 0, 0], size: 1 },
      positions: new Uint16Array(4 * n),
      labels: new Int16Array(n),
      predictions: new Int16Array(n),
      confidence: new Uint8Array(n),
      classes: [],
      axes: [],
    } as Partial<SceneFile>);
    await sync.load();
    state.session.value = { n_items: n } as SessionInfo;
    return state.arrived.value;
  };
  expect(await show(4)).toBe(-1);
  expect(await show(6)).toBe(4);
  vi.advanceTimersByTime(5_000);
  expect(await show(7)).toBe(4);
  vi.advanceTimersByTime(5_001);
  expect(state.arrived.value).toBe(6);
  vi.advanceTimersByTime(5_000);
  expect(state.arrived.value).toBe(-1);
  expect(await show(7)).toBe(-1);
  vi.useRealTimers();
});
