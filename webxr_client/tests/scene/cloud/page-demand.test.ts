import { expect, it } from "vitest";
import { PageDemand } from "../../../src/scene/cloud/page-demand.js";
import { LatentState } from "../../../src/state/latent-state.js";

const NO_BRUSH = { x: 0, y: 0, z: 0, w: 0 };
/** Parts of a view that most tests share. */
const ON_PAGE = {
  ...{ brush: NO_BRUSH, presenting: false, flat: true, pixelsPerMetre: 1 },
  eye: { x: 0, y: 0, z: 2 },
};
const PER_PAGE = 100;

/** `pages` pages of items; the items of page k lie at x = k / pages - 0.5 metres. */
function latentOf(pages: number, sizes = Array(pages).fill(PER_PAGE) as number[]): LatentState {
  const latent = new LatentState();
  latent.n = pages * PER_PAGE;
  latent.to = new Uint16Array(4 * latent.n);
  latent.sceneId = 1;
  for (let item = 0; item < latent.n; item++) {
    const page = Math.floor(item / PER_PAGE);
    latent.to.set([(65535 * page) / pages, 32768, 32768, 0], 4 * item);
    if (item % PER_PAGE >= sizes[page]!) latent.to[4 * item + 3] = 1;
  }
  return latent;
}

/** A camera without perspective that shows x from `left` to `right`. */
const showing = (left: number, right: number) => {
  const s = 2 / (right - left);
  return [s, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, (-(left + right) * s) / 2, 0, 0, 1];
};

it("asks for the pages in view, those with the most items first", () => {
  const demand = new PageDemand(latentOf(8, [9, 9, 40, 90, 70, 9, 9, 9]), PER_PAGE, 8, () => false);
  const view = { clipFromScene: showing(-0.3, 0.05), pixels: 10, ...ON_PAGE };
  expect(demand.step(view, 8)).toEqual([3, 4, 2]);
  expect(demand.step(view, 8)).toBeNull(); // nothing has changed
  expect(demand.step({ ...view, clipFromScene: showing(-0.3, 0.06) }, 2)).toEqual([3, 4]);
});

it("asks for no page of small points, except near the brush", () => {
  const demand = new PageDemand(latentOf(8), PER_PAGE, 8, () => false);
  const view = { clipFromScene: showing(-1, 1), pixels: 7, ...ON_PAGE };
  expect(demand.step(view, 8)).toEqual([]);
  expect(demand.step({ ...view, brush: { x: 0.25, y: 0, z: 0, w: 0.07 } }, 8)).toEqual([5, 6, 7]);
});

it("keeps a loaded page rather than one that is needed a little more", () => {
  const latent = latentOf(4, [50, 60, 70, 100]);
  const demand = new PageDemand(latent, PER_PAGE, 4, (page) => page === 0);
  const view = { clipFromScene: showing(-1, 1), pixels: 9, ...ON_PAGE };
  expect(demand.step(view, 2)).toEqual([3, 0]);
});

it("spreads a pass over several frames", () => {
  const pages = 1000;
  const demand = new PageDemand(latentOf(pages), PER_PAGE, pages, () => false);
  const view = { clipFromScene: showing(-1, 1), pixels: 9, ...ON_PAGE };
  const passes = Array.from({ length: 4 }, () => demand.step(view, pages)?.length ?? null);
  expect(passes).toEqual([null, null, null, pages]);
});
