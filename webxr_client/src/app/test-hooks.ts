/**
 * `window.lodespace` for browser tests: the objects of the page, and the position of each item on
 * the screen. Loaded only when the address has `?test`.
 */
import { project } from "../interaction/region-query.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";

/**
 * Objects that tests read: the state, the stage, the canvas of the stage, and other objects by
 * name.
 */
export interface TestedParts {
  state: AppState;
  stage: Stage;
  canvas: HTMLCanvasElement;
  [name: string]: unknown;
}

export function installTestHooks(parts: TestedParts): void {
  Object.assign(window, {
    lodespace: { ...parts, screenPositions: () => screenPositions(parts) },
  });
}

/** Per item: x and y in CSS pixels of the page, and whether the item is in front of the camera. */
function screenPositions({ state, stage, canvas }: TestedParts): number[][] {
  const { latent } = state;
  const cloud = {
    n: latent.n,
    dimension: latent.latentDim,
    latentMean: latent.latentMean.bind(latent),
  };
  const { x, y, front } = project(cloud, stage.clipFromLatent());
  const box = canvas.getBoundingClientRect();
  return Array.from(x, (value, i) => [
    box.left + ((value + 1) / 2) * box.width,
    box.top + ((1 - y[i]!) / 2) * box.height,
    front[i]!,
  ]);
}
