/** Sends the items that the person looks at to the trainer, which works on them first. */
import type { Connection } from "../net/connection.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import { type Pointer, ViewedItems } from "../scene/cloud/viewed-items.js";
import { shownView } from "../scene/shown-view.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";

export interface ViewedParts {
  state: AppState;
  stage: Stage;
  cloud: PointCloud;
  connection: Connection;
}

/**
 * Return a function that the page calls before each frame. Its argument is whether the camera or
 * the points have changed since the previous frame.
 */
export function watchViewed(parts: ViewedParts): (changed: boolean) => void {
  const { state, stage, cloud, connection } = parts;
  const viewed = new ViewedItems(state.latent);
  let pointer: Pointer | null = null;
  let pointed = false;
  stage.element.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const { clientWidth: width, clientHeight: height } = stage.element;
    pointer = { x: (2 * offsetX) / width - 1, y: 1 - (2 * offsetY) / height };
    pointed = true;
  });
  stage.element.addEventListener("pointerleave", () => {
    pointer = null;
    pointed = true;
  });
  let streams = 0;
  return (changed) => {
    if (!state.model.peek() || !state.time.live.peek()) return;
    // The server forgets the items of a stream that ends.
    if (streams !== connection.streams) viewed.again();
    streams = connection.streams;
    if (!changed && !pointed && viewed.settled) return;
    pointed = false;
    const view = shownView(stage, cloud);
    const items = viewed.step(view, view.presenting ? null : pointer, performance.now());
    if (items) connection.sendIfOpen({ op: "set_priority", items });
  };
}
