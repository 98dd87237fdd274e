/** Bindings that query the model and update arrows and trails when the state changes. */
import { effect } from "@preact/signals";
import { MAX_PROBED } from "../protocol/messages.js";
import { FIRST_BIN } from "../scene/cloud/colours.js";
import type { ForceLines } from "../scene/cloud/force-lines.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import type { BinnedColumn } from "../state/column-state.js";
import type { Commands } from "../state/commands.js";

export function bindForces(
  state: AppState,
  commands: Commands,
  stage: Stage,
  cloud: PointCloud,
  forceLines: ForceLines,
): void {
  bindRequests(state, commands);
  effect(() => {
    state.forces.version.value;
    const by = state.colourBy.value;
    const column = by === "column" ? state.columns.shown.value : null;
    cloud.setDominant(by === "force" ? state.forces.dominant() : column && paletteIds(column));
    stage.invalidate();
  });
  effect(() => {
    state.forces.shown.value;
    state.forces.terms.value;
    state.forces.seen.value;
    state.hovered.value;
    state.selection.value;
    forceLines.invalidate();
    stage.invalidate();
  });
  effect(() => {
    state.forces.trails.value;
    state.sceneVersion.value;
    forceLines.forget();
    stage.invalidate();
  });
}

/**
 * Return, per item, the class id that stands for the item's bin in the palette; -1 for an item
 * without a value.
 */
const paletteIds = ({ bins, codes }: BinnedColumn): Int16Array =>
  Int16Array.from(codes, (code) => (code < bins.length ? FIRST_BIN + code : -1));

/** Query the model for forces and decoded pictures only while the page shows them. */
function bindRequests(state: AppState, commands: Commands): void {
  effect(() => {
    const shown = state.forces.shown.value;
    commands.watch(
      (shown !== "off" || state.colourBy.value === "force" || state.forces.afterLabel.value) &&
        state.time.live.value &&
        state.model.value,
    );
  });
  effect(() => {
    if (state.forces.shown.value !== "selected" || !state.model.value) return;
    commands.probe(Array.from(state.selection.value.items.subarray(0, MAX_PROBED)));
  });
  effect(() => {
    if (!state.forces.map.value) commands.look(null);
  });
}
