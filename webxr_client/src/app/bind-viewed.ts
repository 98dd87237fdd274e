/**
 * Loader of the code that reports the items in view to the trainer. Only large data sets need this
 * code, so it is a separate chunk of the bundle.
 */
import { effect } from "@preact/signals";
import type { ViewedParts } from "./viewed.js";

/** Up to this number of items, the trainer treats all items at once (models/work_units.py). */
const FEW = 32_000;

/**
 * Return a function that the page calls before each frame. Its argument is whether the camera or
 * the points have changed since the previous frame.
 */
export function bindViewed(parts: ViewedParts): (changed: boolean) => void {
  let update = (_changed: boolean): void => {};
  let started = false;
  effect(() => {
    const { sceneVersion, model, latent } = parts.state;
    if (sceneVersion.value === 0 || !model.value || latent.n <= FEW || started) return;
    started = true;
    void import("./viewed.js").then(({ watchViewed }) => {
      update = watchViewed(parts);
    });
  });
  return (changed) => update(changed);
}
