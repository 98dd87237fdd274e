/** Binding of the layers over the map, which are loaded when the first of them is switched on. */
import { effect } from "@preact/signals";
import type { Atlas } from "../scene/cloud/atlas.js";
import type { MapLayers } from "../scene/layers/map-layers.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import { LEAST_FOR_ISLANDS } from "../state/layer-state.js";

/**
 * Return a function that updates the layers. The page calls it once per frame, and passes whether
 * the camera or the points have changed.
 */
export function bindLayers(
  state: AppState,
  stage: Stage,
  atlas: { current: Atlas | null },
): (changed: boolean) => void {
  let layers: MapLayers | null = null;
  let asked = false;
  effect(() => {
    const { islands, contours, histograms } = state.layers;
    const many = state.sceneVersion.value > 0 && state.latent.n >= LEAST_FOR_ISLANDS;
    if (asked || !((islands.value && many) || contours.value || histograms.value)) return;
    asked = true;
    import("../scene/layers/map-layers.js").then(
      ({ MapLayers }) => {
        layers = new MapLayers(state, stage, atlas);
      },
      () => {
        asked = false; // the next change tries again
      },
    );
  });
  return (changed) => layers?.update(changed);
}
