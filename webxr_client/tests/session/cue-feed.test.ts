import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CueFeed } from "../../src/session/cue-feed.js";
import { AppState } from "../../src/state/app-state.js";
import { latentOf } from "../interaction/xr/fixtures.js";

vi.stubGlobal("window", globalThis);

let state: AppState;
let asked: string[];
let fails: boolean;
const errors: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  state = new AppState();
  Object.assign(
    state.latent,
    latentOf([
      [0, 0, 0],
      [0.1, 0, 0],
    ]),
  );
  state.sceneVersion.value = 1;
  asked = [];
  fails = false;
  new CueFeed(
    state,
    (message) => errors.push(message),
    (cue) => {
      asked.push(cue);
      return fails
        ? Promise.reject(new Error("gone"))
        : Promise.resolve(Uint8Array.of(1, asked.length));
    },
  );
});
afterEach(() => vi.useRealTimers());

it("a cue is fetched as soon as it is shown", async () => {
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([]);
  state.colourBy.value = "density";
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(["density"]);
  state.review.sizeBy.value = "coverage";
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(["density", "density", "coverage"]);
  expect([...state.review.cues.value.keys()]).toEqual(["density", "coverage"]);
});

it("a cue is fetched again at a limited rate while predictions change", async () => {
  state.colourBy.value = "uncertainty";
  await vi.advanceTimersByTimeAsync(1);
  for (let k = 0; k < 100; k++) {
    state.predictionsVersion.value += 1;
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked.length).toBeGreaterThanOrEqual(5);
  expect(asked.length).toBeLessThanOrEqual(7);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length, "the last change is fetched, and nothing afterwards").toBeLessThanOrEqual(
    before + 1,
  );
});

it("a cue that cannot be fetched is hidden with an error", async () => {
  fails = true;
  state.colourBy.value = "diversity";
  await vi.advanceTimersByTimeAsync(1);
  expect(state.colourBy.value).toBe("label");
  expect(errors.join()).toContain("gone");
});
