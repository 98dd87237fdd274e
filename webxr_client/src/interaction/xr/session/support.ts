/** Which kinds of session this browser has a headset for; the code for them is loaded only then. */
import type { AppState } from "../../../state/app-state.js";
import type { XrMode } from "../../../state/xr-state.js";

const MODES: readonly XrMode[] = ["immersive-vr", "immersive-ar"];

export async function findOffered(state: AppState): Promise<void> {
  const look = async () => {
    const offered = new Set<XrMode>();
    for (const mode of MODES)
      if (await navigator.xr?.isSessionSupported(mode).catch(() => false)) offered.add(mode);
    state.xr.offered.value = offered;
  };
  navigator.xr?.addEventListener("devicechange", () => void look());
  await look();
}
