import { expect, it } from "vitest";
import {
  AGAIN_MS,
  MOST_VIEWED,
  REST_MS,
  ViewedItems,
} from "../../../src/scene/cloud/viewed-items.js";
import { LatentState } from "../../../src/state/latent-state.js";

const MIDDLE = 32_768;
const PER_FRAME = 32_768;

/** `n` items in a row from x = -0.5 to 0.5 metres. */
function latentOf(n: number): LatentState {
  const latent = new LatentState();
  latent.n = n;
  latent.to = new Uint16Array(4 * n);
  for (let item = 0; item < n; item++)
    latent.to.set([(65_535 * item) / n, MIDDLE, MIDDLE, 0], 4 * item);
  return latent;
}

/** A camera without perspective that shows x from `left` to `right`. */
const showing = (left: number, right: number, presenting = false) => {
  const s = 2 / (right - left);
  const clipFromScene = [s, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, (-(left + right) * s) / 2, 0, 0, 1];
  return { clipFromScene, presenting };
};

it("finds the items in view once the view has rested", () => {
  const viewed = new ViewedItems(latentOf(100));
  const view = showing(-0.25, 0.25);
  expect(viewed.step(view, null, 0)).toBeNull();
  expect(viewed.step(view, null, REST_MS - 1)).toBeNull();
  const found = viewed.step(view, null, REST_MS);
  expect(found).toEqual(Array.from({ length: found!.length }, (_, k) => found![0]! + k));
  expect(found!.length).toBeGreaterThan(45);
  expect(found!.length).toBeLessThan(55);
  expect(viewed.step(view, null, 2 * REST_MS)).toBeNull();
});

it("waits while the view moves, but not for the trembling of a head", () => {
  const viewed = new ViewedItems(latentOf(100));
  for (let k = 0; k < 10; k++)
    expect(viewed.step(showing(-0.5 + k / 50, 0.5 + k / 50), null, k * REST_MS)).toBeNull();
  const begin = 10 * REST_MS;
  expect(viewed.step(showing(0, 1), null, begin)).toBeNull();
  expect(viewed.step(showing(0.001, 1.001), null, begin + REST_MS)).not.toBeNull();
});

it("takes a bounded number of items, the nearest to the pointer first", () => {
  const n = PER_FRAME;
  const viewed = new ViewedItems(latentOf(n));
  const view = showing(-0.5, 0.5);
  viewed.step(view, { x: 0.5, y: 0 }, 0);
  const found = viewed.step(view, { x: 0.5, y: 0 }, REST_MS)!;
  expect(found.length).toBeLessThanOrEqual(MOST_VIEWED);
  expect(found.length).toBeGreaterThan(0.8 * MOST_VIEWED);
  const far = Math.max(...found.map((item) => Math.abs(item / n - 0.75)));
  expect(far).toBeLessThan(0.08); // 4,000 of 32,768 items are 12 % of the row
  const inner = found.filter((item) => Math.abs(item / n - 0.75) < 0.04);
  expect(inner.length).toBeGreaterThan(0.08 * n - 100); // all items of the inner rings
});

it("spreads the items over one place that has more than the limit", () => {
  const latent = latentOf(PER_FRAME);
  for (let item = 0; item < latent.n; item++) latent.to[4 * item] = MIDDLE;
  const viewed = new ViewedItems(latent);
  viewed.step(showing(-1, 1), null, 0);
  const found = viewed.step(showing(-1, 1), null, REST_MS)!;
  expect(found.length).toBeGreaterThan(MOST_VIEWED / 2);
  expect(found.length).toBeLessThanOrEqual(MOST_VIEWED);
  expect(found[found.length - 1]! - found[0]!).toBeGreaterThan(0.99 * latent.n);
});

it("projects a part of the items per frame, and a smaller part in VR", () => {
  for (const [presenting, frames] of [
    [false, 3],
    [true, 9],
  ] as const) {
    const viewed = new ViewedItems(latentOf(2 * PER_FRAME + 1));
    const view = showing(-0.5, 0.5, presenting);
    viewed.step(view, null, 0);
    for (let k = 1; k < frames; k++) expect(viewed.step(view, null, REST_MS)).toBeNull();
    expect(viewed.step(view, null, REST_MS)).not.toBeNull();
  }
});

it("searches again when points have moved, after some seconds", () => {
  const latent = latentOf(100);
  const viewed = new ViewedItems(latent);
  const view = showing(-0.25, 0.25);
  viewed.step(view, null, 0);
  const first = viewed.step(view, null, REST_MS)!;
  expect(viewed.step(view, null, 3 * AGAIN_MS)).toBeNull(); // nothing has moved
  for (let item = 0; item < 100; item++) latent.to[4 * item]! /= 2;
  latent.version += 1;
  const found = viewed.step(view, null, 4 * AGAIN_MS)!;
  expect(found).not.toEqual(first);
  viewed.again();
  expect(viewed.step(view, null, 4 * AGAIN_MS)).toEqual(found);
});

it("leaves out items behind the camera and places without an item", () => {
  const latent = latentOf(10);
  latent.to[4 * 3 + 3] = 1;
  const behind = {
    clipFromScene: [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
    presenting: false,
  };
  const viewed = new ViewedItems(latent); // w = x, so items with x <= 0 are behind the camera
  viewed.step(behind, null, 0);
  expect(viewed.step(behind, null, REST_MS)!.every((item) => item >= 5)).toBe(true);
  const all = new ViewedItems(latent);
  all.step(showing(-1, 1), null, 0);
  expect(all.step(showing(-1, 1), null, REST_MS)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
});
