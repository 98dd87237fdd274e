/** Loader of the code for scenes in tiles, which is a separate chunk of the bundle. */
import { effect } from "@preact/signals";
import { messageOf } from "../net/errors.js";
import type { TilesParts } from "./tiles.js";

/** Return a function that is called before each frame, and returns whether points have changed. */
export function bindTiles(parts: TilesParts): () => boolean {
  const { state } = parts;
  let update = () => false;
  let started = false;
  effect(() => {
    const address = state.session.value?.tiles;
    if (!address || started) return;
    started = true;
    void import("./tiles.js")
      .then(({ showTiles }) => showTiles(parts, new URL(address, location.href)))
      .then(
        (shown) => {
          update = shown;
        },
        (error: unknown) => {
          state.failure.value = `The scene could not be loaded: ${messageOf(error)}`;
        },
      );
  });
  return () => update();
}
