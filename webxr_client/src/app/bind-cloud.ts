/**
 * Bindings from the state to the point cloud: scene, classes, selection, search results, hovered
 * item, pins, cues, thumbnails.
 */
import { effect } from "@preact/signals";
import { messageOf } from "../net/errors.js";
import type { Thumbnails } from "../protocol/messages.js";
import { Atlas } from "../scene/cloud/atlas.js";
import { pagesKept } from "../scene/cloud/atlas-limit.js";
import { PageDemand, type ShownView } from "../scene/cloud/page-demand.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import { pointMetres } from "../scene/cloud/point-size.js";
import { shownView } from "../scene/shown-view.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import { endFocusWithClass, shownItems } from "../state/focus.js";
import { isCue } from "../state/review-state.js";
import { PageLoader } from "./page-loader.js";

/** Number of layers of a texture array that every WebGL 2 context has. */
const LEAST_LAYERS = 256;

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
    state.sceneVersion.value;
    cloud.setArrived(state.arrived.value);
    stage.invalidate();
  });
  effect(() => {
    const { items, tool } = state.selection.value;
    cloud.setSelected(items, tool === "sheet");
    if (items.length === 0) state.regionUse.value = "replace";
    stage.invalidate();
  });
  endFocusWithClass(state);
  effect(() => {
    state.sceneVersion.value;
    cloud.setFound(shownItems(state));
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
    // Without labels, all items are equally far from them.
    const unknown = colourBy === "diversity" && state.labelled.value === 0;
    const colour = isCue(colourBy) && !unknown ? (cues.value.get(colourBy) ?? null) : null;
    const size = isCue(sizeBy.value) ? (cues.value.get(sizeBy.value) ?? null) : null;
    state.sceneVersion.value;
    cloud.setCues(colour, size);
    cloud.setColourBy(isCue(colourBy) && !colour ? "label" : colourBy);
    stage.invalidate();
  });
}

/** Loading of the pages of thumbnails. */
export interface Pictures {
  /** Continue. Called before each frame. */
  step(): void;
  /** Forget a page, because the items of its place have changed. */
  drop(page: number): void;
  /** Pages that a view can need, in a scene in tiles. */
  candidates?: (view: ShownView) => readonly number[];
}

/**
 * Load the pages of thumbnails, and show each page when it has arrived. If the device cannot hold
 * all pages, the pages that the view needs are loaded.
 */
export function bindThumbnails(
  state: AppState,
  stage: Stage,
  cloud: PointCloud,
  atlas: { current: Atlas | null },
): Pictures {
  const pictures: Pictures = { step: () => {}, drop: () => {} };
  /**
   * Load the page of the item `first` again, because items were added from this item on. Returns
   * whether there are more pages than before, so that a larger atlas is needed.
   */
  let renew = (_grown: Thumbnails, _first: number): boolean => false;
  let items = 0;
  /** Load the pages of the newest atlas again, because the graphics processor has lost them. */
  let reload = (): void => {};
  stage.renewed.push(() => reload());
  effect(() => {
    const { thumbnails: layout, n_items: n } = state.session.value ?? { n_items: 0 };
    const grown = n > items && items > 0;
    const first = items;
    items = n;
    if (!layout) return;
    if (atlas.current && grown) {
      atlas.current.expect(first);
      cloud.setAtlas(atlas.current);
    }
    if (atlas.current && !(grown && renew(layout, first))) return;
    const gl = stage.drawable ? (stage.renderer.getContext() as WebGL2RenderingContext) : null;
    const most = (gl?.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS) as number | null) ?? LEAST_LAYERS;
    const { deviceMemory } = navigator as { deviceMemory?: number };
    const layers = pagesKept(layout, deviceMemory, most);
    let before = atlas.current;
    const created = new Atlas(layout, layers, (page) => loader.want(page));
    atlas.current = created;
    if (!before) cloud.expectPictures();
    const loader = new PageLoader(
      created,
      () => state.xr.presenting.peek() !== null,
      () => {
        if (loader.current) created.complete();
        cloud.setAtlas(created);
        before?.dispose();
        before = null;
        state.picturesVersion.value += 1;
      },
      (error) => {
        const reason = messageOf(error);
        state.failure.value = `The thumbnails could not be loaded: ${reason} Reload the page.`;
      },
    );
    const { candidates } = pictures;
    renew = (grown, from) => {
      if (grown.pages !== layout.pages) return true;
      loader.again(Math.floor(from / layout.columns ** 2));
      return false;
    };
    if (!candidates) loader.loadFirst();
    reload = () => {
      created.forget();
      if (!candidates) loader.loadFirst();
    };
    pictures.step = () => {};
    if (layers === layout.pages && !candidates) return;
    const has = (page: number) => created.has(page);
    const perPage = layout.columns ** 2;
    const needed = new PageDemand(state.latent, perPage, layout.pages, has, candidates);
    pictures.drop = (page) => {
      created.drop(page);
      loader.drop(page);
    };
    pictures.step = () => {
      const pages = needed.step(shownView(stage, cloud), layers);
      if (pages) loader.need(pages);
    };
  });
  return pictures;
}
