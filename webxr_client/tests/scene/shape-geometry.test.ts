import type { BufferGeometry } from "three";
import { afterEach, expect, it, vi } from "vitest";
import { DrawnShape } from "../../src/scene/shape-geometry.js";

afterEach(() => vi.unstubAllGlobals());

it("draws one geometry of an item that is asked for again before its answer", async () => {
  vi.stubGlobal("fetch", async () => {
    const bytes = new ArrayBuffer(8 + 12);
    new Uint32Array(bytes, 0, 2).set([1, 0]);
    return new Response(bytes);
  });
  const drawn = new DrawnShape();
  const { points } = drawn;
  const shown: BufferGeometry[] = [];
  let geometry = points.geometry;
  Object.defineProperty(points, "geometry", {
    get: () => geometry,
    set: (next: BufferGeometry) => {
      geometry = next;
      shown.push(next);
    },
  });
  const done = await Promise.all([1, 2, 1].map((item) => drawn.show(item)));
  expect(done).toEqual([true, false, true]);
  expect(shown).toHaveLength(1);
});

it("hides the former item at once", async () => {
  vi.stubGlobal("fetch", async () => new Response(Uint32Array.of(1, 0, 0, 0, 0).buffer));
  const drawn = new DrawnShape();
  await drawn.show(1);
  expect(drawn.points.visible).toBe(true);
  const asked = drawn.show(2);
  expect(drawn.points.visible).toBe(false);
  await asked;
});
