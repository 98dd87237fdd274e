import { describe, expect, it, vi } from "vitest";
import type { Timeline } from "../../src/protocol/messages.js";
import { keyframeBefore, Playback } from "../../src/session/playback.js";
import { AppState } from "../../src/state/app-state.js";
import { labellingProgress } from "../../src/state/progress.js";
import { vectors } from "../vectors.js";

vi.stubGlobal("window", globalThis);

const timeline = (moments: number, every = 26): Timeline => {
  const moment = Array.from({ length: Math.ceil(moments / every) }, (_, k) => k * every);
  return {
    moments,
    end: 100 * moments,
    keyframes: { moment, time: moment.map((m) => m / 10), offset: moment.map((m) => 100 * m) },
    ticks: [],
    curves: { moment: [], values: {} },
  };
};

describe("the keyframe to begin at", () => {
  it("is the last one at or before the moment", () => {
    const long = timeline(1000);
    for (const moment of [0, 1, 25, 26, 27, 519, 520, 999])
      expect(keyframeBefore(long, moment)).toBe(Math.floor(moment / 26));
  });
});

describe("going to a moment", () => {
  it("fetches the part with its keyframe, for the newest request only", async () => {
    const state = new AppState();
    const parts: [number, number][] = [];
    const calls: string[] = [];
    const playback = new Playback(
      state,
      () => calls.push("leave"),
      () => calls.push("back"),
      {
        timeline: async () => timeline(100),
        part: async (start, end) => {
          parts.push([start, end]);
          throw new Error("disk failure");
        },
      },
    );
    const first = playback.goTo(30);
    void playback.goTo(60);
    void playback.goTo(99);
    await expect(first).rejects.toThrow("disk failure");
    expect(parts).toEqual([[7800, 10000]]);
    // If a part of the recording cannot be read, the page must return to the live view.
    expect(calls).toEqual(["leave", "back"]);
    expect(state.time.live.value).toBe(true);
  });
  it("stays within the recording", async () => {
    const state = new AppState();
    const playback = new Playback(
      state,
      () => {},
      () => {},
      {
        timeline: async () => timeline(100),
        part: () => Promise.reject(new Error("unread")),
      },
    );
    await playback.refresh();
    for (const [wish, moment] of [
      [-5, 0],
      [1e9, 99],
    ] as const) {
      await playback.goTo(wish).catch(() => {});
      expect(state.time.moment.value).toBe(moment);
    }
  });
});

interface PublishedVector {
  name: string;
  hex: string;
  first: number;
  moments: {
    position: [number, number, number][];
    label: number[];
    prediction: number[];
    confidence: number[];
    classes: number;
  }[];
}

describe("the recording of a baked site", () => {
  for (const vector of vectors<PublishedVector>("recording/published.json"))
    it(`shows each moment of ${vector.name}`, async () => {
      const file = Uint8Array.from(vector.hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
      const state = new AppState();
      const index = { ...timeline(vector.moments.length), end: file.length };
      index.keyframes.offset = [vector.first];
      const playback = new Playback(
        state,
        () => {},
        () => {},
        {
          timeline: async () => index,
          part: async (start, end) => file.slice(start, end).buffer,
        },
      );
      for (const moment of [0, 1, 2, 1, 0]) {
        await playback.goTo(moment);
        const expected = vector.moments[moment]!;
        const positions = expected.position.flatMap((row) => [...row, 0]);
        expect([...state.latent.to]).toEqual(positions);
        expect([...state.annotations.labels]).toEqual(expected.label);
        expect([...state.annotations.predictions]).toEqual(expected.prediction);
        expect([...state.annotations.confidence]).toEqual(expected.confidence);
        expect(state.classes.value).toHaveLength(expected.classes);
        const labels = expected.label.filter((label) => label >= 0);
        expect(labellingProgress(state)).toMatchObject({
          classes: expected.classes,
          classesLabelled: new Set(labels).size,
          labelled: labels.length,
        });
      }
      playback.live();
    });
});

it("shows no counts until the labels of the first past moment are loaded", async () => {
  const state = new AppState();
  let fail: (error: Error) => void = () => {};
  const read = () => new Promise<ArrayBuffer>((_, reject) => (fail = reject));
  const source = { timeline: async () => timeline(100), part: vi.fn(read) };
  const nothing = () => {};
  const playback = new Playback(state, nothing, nothing, source);
  expect(labellingProgress(state)).not.toBeNull();
  const going = playback.goTo(30);
  await vi.waitFor(() => expect(source.part).toHaveBeenCalled());
  expect(labellingProgress(state)).toBeNull();
  fail(new Error("disk failure"));
  await expect(going).rejects.toThrow();
  expect(labellingProgress(state)).not.toBeNull();
});
