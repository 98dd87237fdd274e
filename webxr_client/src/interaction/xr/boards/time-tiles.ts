/** Actions of the palette's tiles that control time and forces. */
import { PRESETS, type Settings } from "../../../protocol/messages.js";
import {
  type PaletteSide,
  TIMELINE_MARGIN,
  type Tile,
  type TileAction,
} from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { FORCES_SHOWN, TRAIL_STEPS } from "../../../state/force-state.js";
import { SPEEDS } from "../../../state/time-state.js";
import { toggleWalk } from "../../walk-between.js";

/** Largest distance, in millimetres, at which a touch on the timeline snaps to a gesture. */
const SNAP = 3;
const STIFFNESS_STEP = 0.1;

const next = <T>(all: readonly T[], now: T): T => all[(all.indexOf(now) + 1) % all.length] as T;

/** Run a time action or a force action; other actions are ignored. */
export function runTimeTile(
  kind: TileAction["kind"],
  state: AppState,
  commands: Commands,
  palette: { turnTo(side: PaletteSide): void },
): void {
  const { time, forces } = state;
  const settings = state.training.peek()?.settings;
  switch (kind) {
    case "time":
      commands.refreshTimeline();
      palette.turnTo("time");
      break;
    case "before":
      commands.step(-1);
      break;
    case "after":
      commands.step(1);
      break;
    case "play":
      if (time.playing.peek()) commands.stop();
      else commands.play();
      break;
    case "walk":
      toggleWalk(state, commands);
      break;
    case "live":
      commands.live();
      break;
    case "speed":
      time.speed.value = next(SPEEDS, time.speed.peek() as 1);
      break;
    case "softer":
    case "stiffer":
      if (settings) commands.setSettings({ stiffness: stiffer(settings, kind === "stiffer") });
      break;
    case "preset":
      if (settings) commands.setSettings({ preset: next(PRESETS, settings.preset ?? "default") });
      break;
    case "arrows":
      forces.shown.value = next(FORCES_SHOWN, forces.shown.peek());
      break;
    case "trails":
      forces.trails.value = next(TRAIL_STEPS, forces.trails.peek() as 0);
      break;
    case "unpin":
      commands.unpin([]);
      break;
    case "fix": {
      const fix = state.notices.peek().find((notice) => notice.mend)?.mend;
      if (fix) commands.setSettings(fix);
      break;
    }
    case "decode":
      forces.map.value = !forces.map.peek();
      break;
  }
}

function stiffer({ stiffness }: Settings, more: boolean): number {
  const value = (stiffness ?? 0) + (more ? STIFFNESS_STEP : -STIFFNESS_STEP);
  return Math.round(100 * Math.min(1, Math.max(0, value))) / 100;
}

/** Go to the moment at `across` on the timeline, millimetres from the left edge of the board. */
export function scrub(tile: Tile, across: number, { time }: AppState, commands: Commands): void {
  const width = tile.width - 2 * TIMELINE_MARGIN;
  const share = Math.min(1, Math.max(0, (across - tile.x - TIMELINE_MARGIN) / width));
  const last = time.last.value;
  const near = (SNAP / width) * last;
  let moment = Math.round(share * last);
  // If the place is near the mark of a gesture, choose the moment of this gesture.
  const ticks = time.timeline.value?.ticks;
  for (let k = 0; ticks && k < ticks.length; k++) {
    const tick = ticks[k]!.moment;
    if (Math.abs(tick - share * last) >= near) continue;
    moment = tick;
    break;
  }
  if (time.live.value ? moment < last : moment !== time.moment.value) commands.goTo(moment);
}
