/** Sessions (VR, AR) that this browser supports. If there are none, the VR code is not loaded. */
import type { AppState } from "../../../state/app-state.js";
import type { XrMode } from "../../../state/xr-state.js";

const MODES: readonly XrMode[] = ["immersive-vr", "immersive-ar"];

/** Keep `state.xr.offered` up to date, also when a headset is connected later. */
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
