/** Loader of the code that sends the items in view, a chunk that only large data sets need. */
import { effect } from "@preact/signals";
import type { ViewedParts } from "./viewed.js";

/** Up to this number of items, the trainer treats all items at once (models/work_units.py). */
const FEW = 32_000;

/** Return a function that is called before each frame, as that of `watchViewed`. */
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
