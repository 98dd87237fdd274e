/** Binding that sets the colours of the page and of the cloud from the theme and the classes. */
import { effect } from "@preact/signals";
import {
  CUE_DARK,
  CUE_LIGHT,
  LIGHT_INK,
  type Palette,
  UNLABELED_DARK,
  UNLABELED_LIGHT,
} from "../scene/cloud/colours.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import { binColour } from "../state/column-state.js";

export function bindTheme(
  state: AppState,
  stage: Stage,
  cloud: PointCloud,
  palette: Palette,
): void {
  effect(() => {
    const dark = state.theme.value === "dark";
    document.documentElement.dataset.theme = state.theme.value;
    const column = state.columns.shown.value;
    palette.setBins(
      column ? column.bins.map((_, k) => binColour(column, k)) : [],
      dark ? 1 : LIGHT_INK,
    );
    palette.set(state.classes.value, dark ? UNLABELED_DARK : UNLABELED_LIGHT, dark ? 1 : LIGHT_INK);
    if (dark) cloud.setTheme("#0e141b", "#d7efff", CUE_DARK);
    else cloud.setTheme("#eef1f5", "#0b63a5", CUE_LIGHT);
    stage.invalidate();
  });
}
