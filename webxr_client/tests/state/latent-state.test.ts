import { describe, expect, it } from "vitest";
import type { PositionsFrame } from "../../src/protocol/frames.js";
import type { SceneFile } from "../../src/protocol/scene-file.js";
import { LatentState } from "../../src/state/latent-state.js";

const scene = (): SceneFile => ({
  n: 1,
  positions: Uint16Array.of(100, 100, 100, 0),
  labels: Int16Array.of(-1),
  predictions: Int16Array.of(-1),
  confidence: Uint8Array.of(0),
  box: { origin: [-1, -1, -1], size: 2 },
  classes: [],
  latent_dim: 3,
  revision: 5,
  scene_id: 1,
  sequence: 0,
  step: 0,
});

/** A frame that moves the one point by +1 along x. */
const frame = (base: number): PositionsFrame => ({
  kind: "positions",
  header: {
    opcode: 1,
    shift: 0,
    axes: 3,
    flags: 0,
    n: 1,
    base_revision: base,
    revision: base + 1,
    step: 0,
    scene_id: 1,
    payload_bytes: 0,
    raw_bytes: 6,
  },
  planes: Uint8Array.of(2, 0, 0, 0, 0, 0),
});

const shown = (state: LatentState, t: number) =>
  (state.from[0] as number) + t * ((state.to[0] as number) - (state.from[0] as number));

describe("LatentState", () => {
  it("plays frames one after the other, and never jumps", () => {
    const state = new LatentState();
    state.setScene(scene());
    let now = 1000;
    let last = 100;
    for (let k = 0; k < 40; k++) {
      if (k < 10) state.push(frame(5 + k), now);
      for (let step = 0; step < 5; step++) {
        now += 8;
        const at = shown(state, state.sampleAt(now));
        expect(Math.abs(at - last)).toBeLessThan(1.01);
        last = at;
      }
    }
    expect(last).toBe(110);
    expect(state.revision).toBe(15);
  });

  it("catches up at once when many frames wait", () => {
    const state = new LatentState();
    state.setScene(scene());
    for (let k = 0; k < 8; k++) state.push(frame(5 + k), 0);
    state.sampleAt(10_000);
    expect(state.to[0]).toBe(108);
    expect(state.revision).toBe(13);
  });

  it("stands still while frozen, and goes on afterwards", () => {
    const state = new LatentState();
    state.setScene(scene());
    state.frozen = true;
    state.push(frame(5), 0);
    expect(shown(state, state.sampleAt(5000))).toBe(100);
    expect(state.revision).toBe(5);
    state.frozen = false;
    state.sampleAt(6000);
    expect(shown(state, state.sampleAt(9000))).toBe(101);
  });

  it("refuses a frame that does not follow", () => {
    const state = new LatentState();
    state.setScene(scene());
    expect(() => state.push(frame(7), 0)).toThrow(/does not follow/);
    expect(() => state.push({ ...frame(5), header: { ...frame(5).header, scene_id: 2 } }, 0)).toThrow();
  });

  it("gives latent means in latent units", () => {
    const state = new LatentState();
    state.setScene({ ...scene(), positions: Uint16Array.of(0, 65535, 32768, 0) });
    expect(state.latentMean(0, 0)).toBe(-1);
    expect(state.latentMean(0, 1)).toBe(1);
    expect(state.latentMean(0, 2)).toBeCloseTo(0, 4);
  });

  it("shows items in the hand where they were taken, and where the frames say once they are let go", () => {
    const state = new LatentState();
    state.setScene(scene());
    state.hold(Uint32Array.of(0));
    for (let k = 0; k < 3; k++) {
      state.push(frame(5 + k), 1000 * (k + 1));
      for (let step = 1; step < 9; step++) state.sampleAt(1000 * (k + 1) + 100 * step);
    }
    expect(state.revision).toBe(8);
    expect([state.from[0], state.to[0]]).toEqual([100, 100]);
    state.letGo();
    expect([state.from[0], state.to[0]]).toEqual([103, 103]);
    state.push(frame(8), 5000);
    state.sampleAt(6000);
    expect(state.to[0]).toBe(104);
  });

  it("glides to given positions, and forgets what waited", () => {
    const state = new LatentState();
    state.setScene(scene());
    state.push(frame(5), 1000);
    state.goTo(Uint16Array.of(500, 100, 100, 0), 2000, 100);
    expect(shown(state, state.sampleAt(2000))).toBe(100);
    expect(shown(state, state.sampleAt(2050))).toBe(300);
    expect(shown(state, state.sampleAt(2100))).toBe(500);
    expect(shown(state, state.sampleAt(9000))).toBe(500);
  });
});
