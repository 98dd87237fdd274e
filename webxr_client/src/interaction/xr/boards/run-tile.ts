/**
 * Actions of pressed tiles, on the palette and on contact sheets. The tiles for review, time and
 * people have modules of their own.
 */
import type { PaletteSide, TileAction } from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { count } from "../../../state/format.js";
import { NEW_CLASS } from "../../../state/naming-state.js";
import { otherLabels } from "../../../state/overwritten.js";
import { LABEL_PULSE, TILE_PULSE } from "../input/haptics.js";
import { type ClassNamer, freeName } from "../naming/class-namer.js";
import { correctPicked, runReviewTile } from "./review-tiles.js";
import { runTimeTile } from "./time-tiles.js";

const RADIUS_STEP = 1.3;

/** Run an action. Returns the strength of the controller's pulse; 0 if the action did nothing. */
export function runTile(
  action: TileAction,
  state: AppState,
  commands: Commands,
  palette: { turnPage(): void; turnTo(side: PaletteSide): void },
  namer: ClassNamer,
): number {
  const { xr } = state;
  switch (action.kind) {
    case "class":
      if (xr.naming.target.peek() === "pick") namer.begin(action.classId);
      else return giveClass(action.classId, state, commands);
      break;
    case "more":
    case "moreWords":
    case "morePeople":
      palette.turnPage();
      break;
    case "menu":
    case "force":
    case "people":
      palette.turnTo(action.kind);
      break;
    case "rename":
      namer.pick();
      break;
    case "word":
      namer.give(xr.naming.words.peek()[action.place] ?? "");
      break;
    case "type":
      namer.type();
      break;
    case "speak":
      namer.speak();
      break;
    case "number":
      namer.give(freeName(state.classes.peek().map((info) => info.name)));
      break;
    case "back":
      namer.cancel();
      break;
    case "undo":
      commands.undo();
      break;
    case "redo":
      commands.redo();
      break;
    case "pause":
      pauseOrRun(state, commands);
      break;
    case "new":
      namer.begin(NEW_CLASS);
      break;
    case "clear":
      state.rules.chosen.value = 0;
      commands.clearSelection();
      break;
    case "keep":
      state.rules.keep.value = !state.rules.keep.peek();
      break;
    case "subtract":
      xr.subtract.value = !xr.subtract.value;
      break;
    case "cluster":
      xr.tool.value = xr.tool.value === "cluster" ? "brush" : "cluster";
      break;
    case "smaller":
      resize(1 / RADIUS_STEP, state);
      break;
    case "larger":
      resize(RADIUS_STEP, state);
      break;
    case "swap":
      xr.swapHands();
      break;
    case "tones":
      xr.switchTones();
      break;
    case "haptics":
      xr.switchHaptics();
      break;
    case "confirm":
      return commands.confirmSheet() ? LABEL_PULSE : 0;
    case "accept":
      return commands.accept() ? LABEL_PULSE : 0;
    case "person":
    case "come":
    case "lead":
    case "stay":
      void import("./people-tiles.js").then((loaded) => loaded.runPeopleTile(action, state));
      break;
    default:
      if (!runReviewTile(action, state, commands, palette))
        runTimeTile(action.kind, state, commands, palette);
  }
  return TILE_PULSE;
}

/** Give a class to the picked picture if a sheet is open, or else to the selection. */
function giveClass(classId: number, state: AppState, commands: Commands): number {
  const { xr } = state;
  if (state.review.sheet.peek()) return correctPicked(classId, state, commands) ? TILE_PULSE : 0;
  const { items } = state.selection.peek();
  if (items.length === 0 && giveRule(classId, state, commands)) return LABEL_PULSE;
  state.rules.chosen.value = 0;
  if (items.length === 0) {
    xr.message.value = "Nothing is selected: paint a cluster first.";
    return 0;
  }
  const other = otherLabels(state.annotations.labels, items, classId);
  if (commands.label(classId)) {
    const name = state.classes.peek()[classId]?.name ?? "";
    if (other > 0)
      xr.message.value =
        `${count(other)} of ${count(items.length)} had another label and are ${name} now. ` +
        "Undo restores the old labels.";
    return LABEL_PULSE;
  }
  if (state.readOnly.peek()) xr.message.value = "Nothing was labelled: this device can only view.";
  return 0;
}

/** Give a class to the chosen rule. Returns whether a rule is chosen that can have a class. */
function giveRule(classId: number, state: AppState, commands: Commands): boolean {
  const { rules, xr, classes, readOnly } = state;
  const rule = rules.find(rules.chosen.peek());
  if (!rule || rule.class_id < 0 || readOnly.peek()) return false;
  const name = classes.peek()[classId]?.name ?? "";
  if (rule.class_id === classId) {
    xr.message.value = `The rule “${rule.name}” votes for ${name} already.`;
    return true;
  }
  commands.withRules((loaded) => void loaded.edit(rule.rule, { class_id: classId }));
  rules.chosen.value = 0;
  xr.message.value = `The rule “${rule.name}” votes for ${name} now.`;
  return true;
}

/**
 * Multiply the radius of the brush by `factor`. With the cluster tool, divide the density threshold
 * by `factor` instead: a lower threshold gives larger clusters. Hands without controllers use this
 * tile, because they have no thumbstick.
 */
function resize(factor: number, { xr }: AppState): void {
  if (xr.tool.peek() === "cluster") xr.setDensity(xr.density.peek() / factor);
  else xr.setRadius(xr.radius.peek() * factor);
}

/** Pause training, or run training that is paused. */
export function pauseOrRun(state: AppState, commands: Commands): void {
  if (state.training.peek()?.state === "paused") commands.run();
  else commands.pause();
}
