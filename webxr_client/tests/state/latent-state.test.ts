import { describe, expect, it } from "vitest";
import { addDeltas, type PositionsFrame } from "../../src/protocol/frames.js";
import type { SceneFile } from "../../src/protocol/scene-file.js";
import { LatentState } from "../../src/state/latent-state.js";
import { oneItem } from "./one-item.js";

/** A frame that moves the only point by +1 along x. */
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
  it("lets added items fly in from the edge while the others stay", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    state.sampleAt(performance.now());
    const positions = Uint16Array.of(100, 100, 100, 0, 40_000, 30_000, 32_767, 0);
    state.setScene({ ...oneItem(6), n: 2, positions, scene_id: 2 });
    expect(Array.from(state.from.slice(0, 4))).toEqual([100, 100, 100, 0]);
    const away = [0, 1, 2].map((axis) => state.from[4 + axis]! - 32_767.5);
    expect(Math.hypot(...away)).toBeCloseTo(0.49 * 65_535, -1);
    const place = [40_000, 30_000, 32_767].map((at) => at - 32_767.5);
    const along = away.reduce((sum, value, axis) => sum + value * place[axis]!, 0);
    expect(along / Math.hypot(...away) / Math.hypot(...place)).toBeCloseTo(1, 3);
    expect(state.moving).toBe(true);
    expect(state.sampleAt(performance.now() + 2000)).toBe(1);
    expect(Array.from(state.to)).toEqual(Array.from(positions));
  });

  it("shows a moment with fewer items without motion", () => {
    const state = new LatentState();
    const positions = Uint16Array.of(100, 100, 100, 0, 40_000, 30_000, 32_767, 0);
    state.setScene({ ...oneItem(6), n: 2, positions });
    state.setScene(oneItem(5));
    expect([state.n, state.moving]).toEqual([1, false]);
  });

  it("plays frames one after the other without jumps", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
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

  it("computes the next keyframe on arrival, not while drawing", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    const coming = [frame(5), frame(6), frame(7)];
    for (const one of coming) state.push(one, 0);
    for (let k = 0; k < coming.length; k++) {
      coming[k]?.planes.fill(0); // later changes of the frame have no effect
      state.sampleAt(1000 * k + 500);
      expect(state.to[0]).toBe(101 + k);
      expect(state.revision).toBe(6 + k);
      state.sampleAt(1000 * k + 501); // a frame is drawn before the next keyframe is due
    }
  });

  it("rejects a frame of another number of points on arrival", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    for (let k = 0; k < 2; k++) state.push(frame(5 + k), 0);
    const other = frame(7);
    expect(() => state.push({ ...other, header: { ...other.header, n: 2 } }, 0)).toThrow(
      /does not fit/,
    );
    state.push(frame(7), 0);
    for (let k = 1; k < 5; k++) state.sampleAt(1000 * k);
    expect(state.to[0]).toBe(103);
  });

  it("catches up when many frames wait", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    for (let k = 0; k < 8; k++) state.push(frame(5 + k), 0);
    state.sampleAt(10_000);
    expect(state.to[0]).toBe(108);
    expect(state.revision).toBe(13);
  });

  it("stands still while frozen and continues afterwards", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    state.freezing.add("gesture");
    state.push(frame(5), 0);
    expect(shown(state, state.sampleAt(5000))).toBe(100);
    expect(state.revision).toBe(5);
    state.freezing.delete("gesture");
    state.sampleAt(6000);
    expect(shown(state, state.sampleAt(9000))).toBe(101);
  });

  it("rejects a frame that does not follow", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    expect(() => state.push(frame(7), 0)).toThrow(/does not follow/);
    expect(() =>
      state.push({ ...frame(5), header: { ...frame(5).header, scene_id: 2 } }, 0),
    ).toThrow();
  });

  it("returns latent means in latent units", () => {
    const state = new LatentState();
    state.setScene({ ...oneItem(5), positions: Uint16Array.of(0, 65535, 32768, 0) });
    expect(state.latentMean(0, 0)).toBe(-1);
    expect(state.latentMean(0, 1)).toBe(1);
    expect(state.latentMean(0, 2)).toBeCloseTo(0, 4);
  });

  it("shows held items where they were grabbed, and moves them on release", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    state.hold(Uint32Array.of(0));
    for (let k = 0; k < 3; k++) {
      state.push(frame(5 + k), 1000 * (k + 1));
      for (let step = 1; step < 9; step++) state.sampleAt(1000 * (k + 1) + 100 * step);
    }
    expect(state.revision).toBe(8);
    expect([state.from[0], state.to[0]]).toEqual([100, 100]);
    state.release();
    expect([state.from[0], state.to[0]]).toEqual([103, 103]);
    state.push(frame(8), 5000);
    state.sampleAt(6000);
    expect(state.to[0]).toBe(104);
  });

  it("moves released items from the hand to their received positions", () => {
    const state = new LatentState();
    state.setScene({ ...oneItem(5), positions: Uint16Array.of(100, 200, 300, 0) });
    state.hold(Uint32Array.of(0));
    state.push(frame(5), 1000);
    state.sampleAt(2000);
    const { origin, size } = state.box;
    const at = (grid: number) => origin[0] + (grid / 65535) * size;
    state.releaseFrom([at(9000), at(8000), at(70_000)], 3000);
    expect(Array.from(state.from)).toEqual([9000, 8000, 65_535, 0]); // the box ends at 65,535
    expect(state.to[0]).toBe(101);
    expect(state.sampleAt(3000)).toBe(0);
    expect(state.sampleAt(3160)).toBeCloseTo(0.5, 1);
    expect(state.sampleAt(3400)).toBe(1);
    state.releaseFrom([0, 0, 0], 4000); // nothing is held any more
    expect(state.from[0]).toBe(9000);
  });

  it("keeps held items in place when the box changes", () => {
    const state = new LatentState();
    state.setScene({ ...oneItem(5), positions: Uint16Array.of(20_000, 30_000, 40_000, 0) });
    const taken = [0, 1, 2].map((axis) => state.latentMean(0, axis));
    state.hold(Uint32Array.of(0));
    const box = { origin: [-3, -2, -1.5] as [number, number, number], size: 5 };
    const next = { ...oneItem(5), scene_id: 2, revision: 9, box };
    state.setScene({ ...next, positions: Uint16Array.of(60_000, 60_000, 60_000, 0) });
    const step = box.size / 65535;
    for (const axis of [0, 1, 2])
      expect(Math.abs(state.latentMean(0, axis) - (taken[axis] as number))).toBeLessThan(step);
    expect(Array.from(state.from)).toEqual(Array.from(state.to));
    const further = frame(9);
    state.push({ ...further, header: { ...further.header, scene_id: 2 } }, 1000);
    state.sampleAt(2000);
    expect(Math.abs(state.latentMean(0, 0) - (taken[0] as number))).toBeLessThan(step);
    state.release();
    expect(Array.from(state.to)).toEqual([60_001, 60_000, 60_000, 0]);
    // Positions outside the box must move to the edge. A change of the number of dimensions must
    // end the drag.
    state.setScene({ ...next, positions: Uint16Array.of(60_000, 60_000, 60_000, 0) });
    state.hold(Uint32Array.of(0));
    state.setScene({ ...oneItem(5), positions: Uint16Array.of(7, 8, 9, 0) });
    expect(Array.from(state.to)).toEqual([65535, 65535, 65535, 0]);
    state.release();
    state.hold(Uint32Array.of(0));
    state.setScene({ ...oneItem(5), latent_dim: 2, positions: Uint16Array.of(7, 8, 32767, 0) });
    state.release();
    expect(Array.from(state.to)).toEqual([7, 8, 32767, 0]);
  });

  it("moves to given positions and drops waiting frames", () => {
    const state = new LatentState();
    state.setScene(oneItem(5));
    state.push(frame(5), 1000);
    state.goTo(Uint16Array.of(500, 100, 100, 0), 2000, 100);
    expect(shown(state, state.sampleAt(2000))).toBe(100);
    expect(shown(state, state.sampleAt(2050))).toBe(300);
    expect(shown(state, state.sampleAt(2100))).toBe(500);
    expect(shown(state, state.sampleAt(9000))).toBe(500);
  });
});

/** `count` frames that move `n` points at random, also across the edges of the grid. */
function wildFrames(n: number, count: number, base: number): PositionsFrame[] {
  let seed = 12345;
  const byte = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 24;
  };
  return Array.from({ length: count }, (_, k) => {
    const { header } = frame(base + k);
    return {
      kind: "positions",
      header: { ...header, n, shift: k % 3 === 0 ? 4 : 0, raw_bytes: 6 * n },
      planes: Uint8Array.from({ length: 6 * n }, byte),
    };
  });
}

describe("frames that arrive while frozen", () => {
  const N = 50;
  const cloud = (): SceneFile => ({
    ...oneItem(5),
    n: N,
    positions: Uint16Array.from({ length: 4 * N }, (_, k) => (k % 4 === 3 ? 0 : 997 * k)),
  });
  const played = (frames: PositionsFrame[]) => {
    const { positions } = cloud();
    for (const one of frames) addDeltas(one, positions);
    return Array.from(positions);
  };
  const kept = (state: LatentState) => (state as unknown as { waiting: unknown[] }).waiting.length;
  const frames = wildFrames(N, 600, 5);
  const frozen = () => {
    const state = new LatentState();
    state.setScene(cloud());
    state.freezing.add("gesture");
    frames.forEach((one, k) => {
      state.push(one, 33 * k);
      state.sampleAt(33 * k + 1);
    });
    return state;
  };

  it("become one keyframe with the same integers", () => {
    const state = frozen();
    expect(kept(state)).toBe(1);
    expect(Array.from(state.to)).toEqual(Array.from(cloud().positions));
    expect([state.revision, state.received]).toEqual([5, 605]);
    expect(state.moving).toBe(true);
    const before = state.version;
    state.freezing.delete("gesture");
    state.sampleAt(30_000);
    expect(state.version).toBe(before + 1);
    expect(state.revision).toBe(605);
    expect(Array.from(state.to)).toEqual(played(frames));
    expect(Array.from(state.from)).toEqual(Array.from(cloud().positions));
    state.sampleAt(60_000);
    expect(state.version).toBe(before + 1);
    // Later frames must follow the keyframe that was played.
    const [after] = wildFrames(N, 1, 605) as [PositionsFrame];
    state.push(after, 61_000);
    state.sampleAt(62_000);
    expect(Array.from(state.to)).toEqual(played([...frames, after]));
  });

  it("become the same keyframes if the decoder has added the deltas", () => {
    const items = Uint32Array.of(3, 17);
    const plain = new LatentState();
    const given = new LatentState();
    let { positions } = cloud();
    for (const state of [plain, given]) state.setScene(cloud());
    frames.slice(0, 60).forEach((one, k) => {
      positions = positions.slice();
      addDeltas(one, positions);
      for (const state of [plain, given]) {
        state.freezing[k > 10 && k < 30 ? "add" : "delete"]("gesture");
        if (k === 35) state.hold(items);
        if (k === 50) state.release();
      }
      plain.push(one, 33 * k);
      given.push({ ...one, planes: new Uint8Array(0), positions: positions.slice() }, 33 * k);
      expect(Array.from(given.receivedPositions())).toEqual(Array.from(positions));
      for (const state of [plain, given]) state.sampleAt(33 * k + 30);
      expect(given.to).toEqual(plain.to);
      expect(given.from).toEqual(plain.from);
      expect(given.revision).toBe(plain.revision);
    });
    expect(given.takeSpare()?.length).toBe(4 * N);
  });

  it("are added for held items too, whenever these were grabbed", () => {
    const items = Uint32Array.of(3, 17);
    for (const takeAt of [0, 200, 599]) {
      const state = new LatentState();
      state.setScene(cloud());
      state.freezing.add("gesture");
      frames.forEach((one, k) => {
        if (k === takeAt) state.hold(items);
        state.push(one, 33 * k);
      });
      const shown = Array.from(state.to);
      state.freezing.delete("gesture");
      state.sampleAt(30_000);
      for (const item of items)
        expect(Array.from(state.to.subarray(4 * item, 4 * item + 4))).toEqual(
          shown.slice(4 * item, 4 * item + 4),
        );
      state.release();
      expect(Array.from(state.to)).toEqual(played(frames));
    }
  });

  it("are dropped by another scene and by goTo", () => {
    const state = frozen();
    state.goTo(cloud().positions, 30_000, 10);
    state.freezing.delete("gesture");
    state.sampleAt(40_000);
    expect(Array.from(state.to)).toEqual(Array.from(cloud().positions));
    const again = frozen();
    again.setScene(cloud());
    again.freezing.delete("gesture");
    again.sampleAt(40_000);
    expect(Array.from(again.to)).toEqual(Array.from(cloud().positions));
  });

  it("do not accumulate where nothing is drawn, as in the background", () => {
    const state = new LatentState();
    state.setScene(cloud());
    for (const one of frames) state.push(one, 0);
    expect(kept(state)).toBe(1);
    state.sampleAt(10_000);
    expect(Array.from(state.to)).toEqual(played(frames));
    expect(state.revision).toBe(605);
  });

  it("of another number of points are rejected on arrival", () => {
    const state = frozen();
    expect(() => state.push(frame(605), 30_000)).toThrow(/does not fit/);
    expect(state.received).toBe(605);
  });
});
