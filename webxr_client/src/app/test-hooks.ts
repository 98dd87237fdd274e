/**
 * `window.lodespace` for browser tests: the objects of the page, and the position of each item on
 * the screen. Loaded only when the address has `?test`.
 */
import { cloudOf, eachWithin } from "../interaction/region-query.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";

/** Objects that tests read: the state, the stage, and other objects by name. */
export interface TestedParts {
  state: AppState;
  stage: Stage;
  [name: string]: unknown;
}

export function installTestHooks(parts: TestedParts): void {
  Object.assign(window, {
    lodespace: { ...parts, screenPositions: () => screenPositions(parts) },
  });
}

/** Per item: x and y in CSS pixels of the page, and whether the item is in front of the camera. */
function screenPositions({ state, stage }: TestedParts): number[][] {
  const positions = Array.from({ length: state.latent.n }, () => [0, 0, 0]);
  const box = stage.element.getBoundingClientRect();
  const all = { left: -1e9, right: 1e9, low: -1e9, high: 1e9 };
  eachWithin(cloudOf(state.latent), stage.clipFromLatent(), all, (item, x, y) => {
    positions[item] = [
      box.left + ((x + 1) / 2) * box.width,
      box.top + ((1 - y) / 2) * box.height,
      1,
    ];
  });
  return positions;
}
