/** Bindings of the drawn view: its loss, and the time at which it is built again. */
import type { Stage } from "../scene/stage.js";
import type { ViewParts } from "../scene/view-keeper.js";
import { Notes } from "../session/notes.js";
import type { AppState } from "../state/app-state.js";
import { BUILT_AGAIN } from "../state/view-state.js";
import type { XrLoader } from "./xr-loader.js";

/** Return the parts of the page that the keeper of the view calls. */
export function viewParts(state: AppState, xr: () => XrLoader): Omit<ViewParts, "build"> {
  const notes = new Notes(state);
  return {
    leaveVr: () => xr().lose(),
    show: (view, again) => {
      state.view.value = view;
      if (view.status !== "shown") notes.clear();
      else if (again) notes.show(BUILT_AGAIN);
    },
    now: () => performance.now(),
    visible: () => document.visibilityState === "visible",
  };
}

/** Build the view, and build a lost view again when the user returns to the page. */
export function bindView(stage: Stage): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") stage.keeper.returned();
  });
  stage.keeper.start();
}
