/** Binding that shows the named axes at the cloud. */
import { effect } from "@preact/signals";
import { type AxisMarks, MARK_COLOURS } from "../scene/axis-marks.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";

/** Height of the axis texts, CSS pixels. */
const TEXT_PIXELS = 14;
/** Shortest time between two updates while the cloud moves, ms. */
const UPDATE_MS = 400;
/** Space for the axis texts at the edges of the cloud, as a share of the cloud's size. */
const MARGIN = 0.1;

/**
 * Return a function that the page calls once per frame. The function updates the marks, and returns
 * whether the marks have changed.
 */
export function bindAxes(state: AppState, stage: Stage, marks: AxisMarks): () => boolean {
  let stale = true;
  let version = -1;
  let updated = Number.NEGATIVE_INFINITY;
  effect(() => {
    stage.margin = state.axes.value.length > 0 ? MARGIN : 0;
    state.theme.value;
    state.bigText.value;
    state.sceneVersion.value;
    stale = true;
    stage.invalidate();
  });
  // In VR, `Scenery` draws the axes at the edges of its box, so these marks are not drawn.
  const { parent } = marks.mesh;
  effect(() => {
    if (state.xr.presenting.value) marks.mesh.removeFromParent();
    else parent?.add(marks.mesh);
  });
  return () => {
    const { latent } = state;
    const now = performance.now();
    if (!marks.mesh.visible && !stale) return false;
    marks.setHeight(stage.textHeight(TEXT_PIXELS), stage.camera === stage.orthographic);
    if (!stale && (latent.version === version || now - updated < UPDATE_MS)) return false;
    stale = false;
    version = latent.version;
    updated = now;
    const { ink, halo } = MARK_COLOURS[state.theme.peek()];
    marks.show(state.axes.peek(), stage.bounds(), latent.sceneFromLatent(), ink, halo);
    return true;
  };
}
