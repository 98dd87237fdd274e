import { EventDispatcher, PerspectiveCamera, Vector3 } from "three";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AWAY_MS, coalesced, drawn, EVERY_MS, follower, shownOf } from "../../src/app/others.js";
import type { PeerMoved } from "../../src/protocol/messages.js";
import { viewOf } from "../../src/scene/peer-view.js";
import type { Stage } from "../../src/scene/stage.js";
import { AppState } from "../../src/state/app-state.js";
import { accept, answer, forgetEnded, openCalls } from "../../src/state/peer-calls.js";

describe("the selection that others see", () => {
  it("is the whole selection, or 200 items spread evenly", () => {
    expect(shownOf([4, 7, 9])).toEqual([4, 7, 9]);
    const shown = shownOf(Uint32Array.from({ length: 1000 }, (_, k) => k));
    expect(shown).toHaveLength(200);
    expect([shown[0], shown[1], shown.at(-1)]).toEqual([0, 5, 995]);
    expect(shownOf(Uint32Array.from({ length: 201 }, (_, k) => k))).toHaveLength(200);
    expect(shownOf([])).toEqual([]);
  });
});

describe("coalesced calls", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  it("run at most ten times a second, and the last call is not lost", () => {
    let now = 0;
    const seen: number[] = [];
    const run = coalesced(() => seen.push(now));
    for (now = 0; now < 193; now++) {
      run();
      vi.advanceTimersByTime(5);
    }
    vi.advanceTimersByTime(EVERY_MS);
    expect(seen.length).toBeLessThanOrEqual(11);
    expect(seen.at(-1)).toBe(193);
  });
});

describe("the view of another person", () => {
  it("looks at the point of their line of sight nearest to the middle of the scene", () => {
    const [position, target] = [new Vector3(), new Vector3()];
    const head = { position: [0, 1, 2], orientation: [0, 0, 0, 1] } as PeerMoved["head"];
    viewOf({ op: "peer", client_id: "a", name: "", head } as PeerMoved, position, target);
    expect(position.toArray()).toEqual([0, 1, 2]);
    expect(target.toArray()).toEqual([0, 1, 0]);
  });
});

describe("the heads of others", () => {
  it("are not drawn where they would cover more than a third of the page", () => {
    const state = new AppState();
    const head = (z: number) => ({ position: [0, 0, z], orientation: [0, 0, 0, 1] });
    const peer = (id: string, z: number) =>
      ({ op: "peer", client_id: id, name: id, head: head(z) }) as unknown as PeerMoved;
    state.peers.value = new Map([
      ["near", peer("near", 1.5)],
      ["far", peer("far", 0.9)],
    ]);
    const camera = new PerspectiveCamera(45);
    camera.position.set(0, 0, 2);
    const heads = () => drawn(state, { camera }).map(({ head: one }) => !!one);
    // 18 cm at 0.5 and 1.1 m, where 41 and 91 cm are visible.
    expect(heads()).toEqual([false, true]);
    expect(drawn(state, { camera }).map(({ client_id }) => client_id)).toEqual(["near", "far"]);
    camera.aspect = 0.45; // a phone: 41 cm are visible at 1.1 m
    camera.updateProjectionMatrix();
    expect(heads()).toEqual([false, false]);
  });
});

describe("requests of others", () => {
  const asks = (call: PeerMoved["call"]) =>
    new Map([["d1.x", { op: "peer", client_id: "d1.x", name: "Mia", call } as PeerMoved]]);
  it("stay answered while the headset of the person sleeps", () => {
    const state = new AppState();
    state.peers.value = asks("follow");
    answer(state, openCalls(state)[0]!);
    state.peers.value = new Map();
    forgetEnded(state);
    state.peers.value = asks("follow");
    forgetEnded(state);
    expect(openCalls(state)).toHaveLength(0);
  });
  it("are shown until they are answered, and again when they are made again", () => {
    const state = new AppState();
    state.peers.value = asks("follow");
    expect(openCalls(state)).toHaveLength(1);
    answer(state, openCalls(state)[0]!);
    expect(openCalls(state)).toHaveLength(0);
    state.peers.value = asks("");
    forgetEnded(state);
    state.peers.value = asks("follow");
    expect(openCalls(state)).toHaveLength(1);
    state.people.following.value = "d1.x";
    expect(openCalls(state)).toHaveLength(0);
  });
});

describe("following on the page", () => {
  let state: AppState;
  let frame: () => boolean;
  let camera: PerspectiveCamera;
  const element = new EventTarget();
  const pose = (z: number) => ({ position: [0, 0, z], orientation: [0, 0, 0, 1] });
  const show = (z: number) => {
    const peer = { op: "peer", client_id: "d1.x", name: "Mia", head: pose(z) };
    state.peers.value = new Map([["d1.x", peer as unknown as PeerMoved]]);
  };
  const frames = (count: number) => {
    for (let k = 0; k < count; k++) frame();
  };

  beforeEach(() => {
    vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) });
    state = new AppState();
    camera = new PerspectiveCamera();
    camera.position.set(1, 0, 1);
    const controls = Object.assign(new EventDispatcher(), {
      target: new Vector3(),
      minDistance: 0.1,
      maxDistance: 8,
    });
    const stage = { element, camera, controls, orthographic: null, invalidate() {} };
    frame = follower({ state, stage: stage as unknown as Stage });
    show(2);
  });
  afterEach(() => vi.unstubAllGlobals());

  it("moves the camera over some frames, and again when the person moves", () => {
    expect(frame()).toBe(false);
    state.people.following.value = "d1.x";
    expect(frame()).toBe(true);
    expect(camera.position.x).toBeCloseTo(0.8);
    frames(60);
    expect(camera.position.z).toBeCloseTo(2, 2);
    show(3);
    frames(60);
    expect(camera.position.z).toBeCloseTo(3, 2);
    expect(state.people.following.value).toBe("d1.x");
  });
  it("ends when the user accepts to go to another person", () => {
    state.people.following.value = "d1.x";
    accept(state, { client_id: "d2.y", call: "come" });
    expect(state.people.following.value).toBe("");
  });
  it("visits once", () => {
    state.people.visiting.value = "d1.x";
    frames(60);
    expect(state.people.visiting.value).toBe("");
    show(3);
    frames(60);
    expect(camera.position.z).toBeCloseTo(2, 2);
  });
  it.each(["pointerdown", "wheel"])("ends with a %s of the user on the map", (type) => {
    state.people.following.value = "d1.x";
    frames(2);
    element.dispatchEvent(new Event(type));
    const { x } = camera.position;
    frames(5);
    expect([state.people.following.value, camera.position.x]).toEqual(["", x]);
  });
  describe("a person whose page is gone", () => {
    const status = (value: "open" | "waiting") => {
      state.connection.value = { ...state.connection.value, status: value };
    };
    const others = (k: number) => {
      const other = { op: "peer", client_id: "d2.y", name: "Ben", head: pose(k) };
      state.peers.value = new Map([["d2.y", other as unknown as PeerMoved]]);
    };
    beforeEach(() => {
      vi.useFakeTimers();
      status("open");
      state.people.following.value = "d1.x";
    });
    afterEach(() => vi.useRealTimers());

    it("is followed again after a short sleep of their headset", () => {
      others(1);
      vi.advanceTimersByTime(AWAY_MS - 1);
      expect(frame()).toBe(false);
      show(3);
      vi.advanceTimersByTime(AWAY_MS);
      frames(60);
      expect([state.people.following.value, state.xr.message.value]).toEqual(["d1.x", ""]);
      expect(camera.position.z).toBeCloseTo(3, 2);
    });
    it("is followed again after a sleep of one's own headset, of any length", () => {
      status("waiting");
      state.peers.value = new Map();
      vi.advanceTimersByTime(10 * AWAY_MS);
      status("open");
      vi.advanceTimersByTime(AWAY_MS - 1);
      show(3);
      vi.advanceTimersByTime(AWAY_MS);
      expect([state.people.following.value, state.xr.message.value]).toEqual(["d1.x", ""]);
    });
    it("has left if it does not return, also while others move", () => {
      for (let k = 0; k < 20; k++) {
        others(k);
        vi.advanceTimersByTime(AWAY_MS / 20);
      }
      expect(state.people.following.value).toBe("");
      expect(state.xr.message.value).toBe("You no longer see what Mia sees: Mia has left.");
    });
    it("has their own time to return after another person who is gone", () => {
      state.peers.value = new Map();
      vi.advanceTimersByTime(AWAY_MS - 1);
      state.people.following.value = "d3.z";
      vi.advanceTimersByTime(AWAY_MS - 1);
      expect([state.people.following.value, state.xr.message.value]).toEqual(["d3.z", ""]);
      vi.advanceTimersByTime(1);
      expect(state.people.following.value).toBe("");
      expect(state.xr.message.value).toBe(
        "You no longer see what the other person sees: the other person has left.",
      );
    });
    it("is not followed again if the user has moved meanwhile", () => {
      others(1);
      element.dispatchEvent(new Event("wheel"));
      vi.advanceTimersByTime(AWAY_MS);
      expect([state.people.following.value, state.xr.message.value]).toEqual(["", ""]);
    });
    it("is not visited later", () => {
      state.people.following.value = "";
      state.people.visiting.value = "d1.x";
      others(1);
      vi.advanceTimersByTime(AWAY_MS);
      expect([state.people.visiting.value, state.xr.message.value]).toEqual(["", ""]);
    });
  });
});
