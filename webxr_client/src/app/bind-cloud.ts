/**
 * Bindings from the state to the point cloud: scene, classes, selection, search results, hovered
 * item, pins, cues, thumbnails.
 */
import { effect } from "@preact/signals";
import { messageOf } from "../net/errors.js";
import { Atlas } from "../scene/cloud/atlas.js";
import { pagesKept } from "../scene/cloud/atlas-limit.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import { isCue } from "../state/review-state.js";
import { PageLoader } from "./page-loader.js";

/**
 * Size of a point in scene metres. The more items the map has, the smaller its points are. The size
 * has an upper limit. In a 3D map of 5,000 items, which fills a cube of 1 m, a point is 18 mm wide.
 */
function pointMetres(n: number, dimension: number): number {
  return dimension === 2
    ? Math.min(0.06, 0.7 / Math.sqrt(Math.max(n, 1)))
    : Math.min(0.08, 0.3 / Math.cbrt(Math.max(n, 1)));
}

export function bindCloud(state: AppState, stage: Stage, cloud: PointCloud): void {
  effect(() => {
    if (state.sceneVersion.value === 0) return;
    cloud.setScene();
    cloud.pointSize = pointMetres(state.latent.n, state.latent.latentDim);
    cloud.setSelected(state.selection.peek().items);
    stage.showScene();
  });
  effect(() => {
    state.labelsVersion.value;
    state.predictionsVersion.value;
    cloud.refreshClasses();
    stage.invalidate();
  });
  effect(() => {
    const { items, tool } = state.selection.value;
    cloud.setSelected(items, tool === "sheet");
    stage.invalidate();
  });
  effect(() => {
    state.sceneVersion.value;
    cloud.setFound(state.search.value?.items ?? null);
    stage.invalidate();
  });
  effect(() => {
    cloud.setHovered(state.hovered.value?.item ?? -1);
    stage.invalidate();
  });
  effect(() => {
    state.sceneVersion.value;
    cloud.setPinned(state.pins.value);
    stage.invalidate();
  });
  bindCues(state, stage, cloud);
}

/**
 * Show the chosen cues (values per item, such as the uncertainty) as colour and size of the points.
 * Until the values of the cue for colour have arrived, the colours show the labels.
 */
function bindCues(state: AppState, stage: Stage, cloud: PointCloud): void {
  effect(() => {
    const colourBy = state.colourBy.value;
    const { cues, sizeBy } = state.review;
    const colour = isCue(colourBy) ? (cues.value.get(colourBy) ?? null) : null;
    const size = isCue(sizeBy.value) ? (cues.value.get(sizeBy.value) ?? null) : null;
    state.sceneVersion.value;
    cloud.setCues(colour, size);
    cloud.setColourBy(isCue(colourBy) && !colour ? "label" : colourBy);
    stage.invalidate();
  });
}

/**
 * Load the first pages of thumbnails, as many as the device can hold, and show each page when it
 * has arrived.
 */
export function bindThumbnails(
  state: AppState,
  stage: Stage,
  cloud: PointCloud,
  atlas: { current: Atlas | null },
): void {
  effect(() => {
    const layout = state.session.value?.thumbnails;
    if (!layout || atlas.current) return;
    const gl = stage.renderer.getContext();
    const most = gl.getParameter((gl as WebGL2RenderingContext).MAX_ARRAY_TEXTURE_LAYERS) as number;
    const { deviceMemory } = navigator as { deviceMemory?: number };
    const layers = pagesKept(layout, deviceMemory, most);
    const created = new Atlas(layout, layers, (page) => loader.want(page));
    atlas.current = created;
    const loader = new PageLoader(
      created,
      () => state.xr.presenting.peek() !== null,
      () => {
        cloud.setAtlas(created);
        state.picturesVersion.value += 1;
      },
      (error) => {
        const reason = messageOf(error);
        state.failure.value = `The thumbnails could not be loaded: ${reason} Reload the page.`;
      },
    );
    loader.loadFirst();
    stage.canvas.addEventListener("webglcontextrestored", () => {
      created.forget();
      loader.loadFirst();
    });
  });
}
