/** When VR shows forces: after a label, while training runs and points are not frozen. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ForceShow, SHOWN_MS } from "../../../src/interaction/xr/force-show.js";
import type { ForcesFrame } from "../../../src/protocol/frames.js";
import { FORCE_TERMS, type Gesture, type Training } from "../../../src/protocol/messages.js";
import type { Tones } from "../../../src/scene/tones.js";
import { AppState } from "../../../src/state/app-state.js";
import { latentOf } from "./fixtures.js";

const N = 10;

let state: AppState;
let show: ForceShow;
const tones = { force: vi.fn() };

const train = (training: string) => {
  state.training.value = { state: training, settings: { preset: "default" } } as Training;
};
const label = (gesture: number, kind: Gesture["kind"] = "label", undone = false) => {
  const gestures = [...state.history.value.gestures, { gesture, kind, undone } as Gesture];
  state.history.value = { ...state.history.value, gestures };
};
const forces = (strength = 1) => {
  const vectors = new Float32Array(FORCE_TERMS.length * N * 3);
  vectors.fill(strength, 2 * N * 3, 3 * N * 3); // the vectors of the neighbour force
  state.forces.setFrame({ kind: "forces", header: { n: N, axes: 3 }, vectors } as ForcesFrame);
};

beforeEach(() => {
  tones.force.mockClear();
  state = Object.assign(new AppState(), {
    latent: latentOf(Array.from({ length: N }, () => [0.1, 0.1, 0.1])),
  });
  label(1);
  train("running");
  show = new ForceShow(state, tones as unknown as Tones, (place) => place);
});

const shown = () => show.streaks.mesh.visible;

describe("the forces", () => {
  it("are requested and shown for some seconds after a label, and then no more", () => {
    forces();
    show.update(0);
    expect([shown(), state.forces.afterLabel.value]).toEqual([false, false]);
    label(2);
    show.update(10);
    expect([shown(), state.forces.afterLabel.value]).toEqual([false, true]);
    forces();
    show.update(20);
    expect([shown(), show.streaks.count, state.forces.leading.value]).toEqual([
      true,
      1,
      "neighbour",
    ]);
    show.update(10 + SHOWN_MS);
    expect([shown(), state.forces.afterLabel.value, state.forces.leading.value]).toEqual([
      false,
      false,
      null,
    ]);
  });
  it.each(["paused", "resting", "absent"])("are not shown while training is %s", (how) => {
    train(how);
    label(2);
    show.update(0);
    forces();
    show.update(10);
    expect(shown()).toBe(false);
    expect(state.forces.leading.value).toBeNull();
    expect(tones.force).not.toHaveBeenCalled();
    train("running");
    show.update(20);
    expect(shown()).toBe(true);
  });
  it("are not shown while points are frozen, or in an earlier moment", () => {
    label(2);
    show.update(0);
    forces();
    state.latent.freezing.add("gesture");
    show.update(10);
    expect(shown()).toBe(false);
    state.latent.freezing.delete("gesture");
    state.time.live.value = false;
    show.update(20);
    expect(shown()).toBe(false);
  });
  it("are not shown after an undone label or another gesture", () => {
    label(2, "settings");
    label(3, "label", true);
    show.update(0);
    expect(state.forces.afterLabel.value).toBe(false);
  });
  it("have shorter arrows as they decrease", () => {
    const length = () =>
      Math.hypot(...show.streaks.mesh.geometry.getAttribute("aVector").array.slice(0, 3));
    label(2);
    show.update(0);
    forces(4);
    show.update(100);
    const first = length();
    for (let k = 0; k < 50; k++) {
      forces(1);
      show.update(200 + 100 * k);
    }
    expect(length() / first).toBeCloseTo(Math.sqrt(1 / 4), 1);
  });
  it("sound once per label, from the strongest islands", () => {
    label(2);
    show.update(0);
    for (let k = 1; k < 5; k++) {
      forces();
      show.update(10 * k);
    }
    expect(tones.force).toHaveBeenCalledTimes(1);
    const [term, share, place, at] = tones.force.mock.calls[0]!;
    expect([term, share, place]).toEqual([2, 1, 0]);
    expect(at.x).toBeCloseTo(show.islands.middles[0]!);
  });
  it("are silent if tones are switched off", () => {
    state.xr.tones.value = false;
    label(2);
    show.update(0);
    forces();
    show.update(10);
    expect(shown()).toBe(true);
    expect(tones.force).not.toHaveBeenCalled();
  });
});
