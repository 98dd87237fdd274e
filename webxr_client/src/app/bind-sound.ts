/** Binding that plays the sound of the item under the pointer or at the brush. */
import { effect } from "@preact/signals";
import type { SoundPlayer } from "../scene/sound-player.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";

/**
 * Play the sound of the item under the pointer or at the brush. In VR the sound comes from the
 * item's place; on the page the sound is panned to the side of the pointer.
 */
export function bindSound(state: AppState, stage: Stage, player: SoundPlayer): void {
  effect(() => {
    const audible = state.session.value?.item_kind === "sound" && state.sound.value;
    const hover = state.hovered.value;
    const item = state.xr.presenting.value ? state.xr.atBrush.value : (hover?.item ?? -1);
    if (!audible || item < 0) player.stop();
    else if (state.xr.presenting.peek()) player.play(item, () => stage.placeOf(item));
    else player.play(item, null, hover ? (hover.x / window.innerWidth) * 2 - 1 : 0);
  });
}
