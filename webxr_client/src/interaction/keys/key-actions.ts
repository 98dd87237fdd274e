/** Actions of the keys, with what they do. state/key-map.ts has the keys. */
import { isSite } from "../../net/site.js";
import { type AppState, NOTHING } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { FORCES_SHOWN } from "../../state/force-state.js";
import type { ActionId } from "../../state/key-map.js";
import { cueAfter } from "../../state/review-state.js";
import { isSuggested, selectionSummary } from "../../state/selection-summary.js";

export interface KeyAction {
  id: ActionId;
  /** Effect of the key, for the list of keys. */
  does: string;
  run(): void;
}

/** Return all keys with their actions. */
export function keyActions(state: AppState, commands: Commands): KeyAction[] {
  const onSheet = () => state.review.sheet.peek() !== null;
  const tool = (name: AppState["tool"]["value"]) => () => {
    state.tool.value = name;
  };
  return [
    {
      id: "confirm",
      does: "label the selection as suggested, or confirm a sheet as shown",
      run: () => {
        const summary = selectionSummary(state);
        if (onSheet()) commands.confirmSheet();
        else if (summary && isSuggested(state, summary)) commands.label(summary.classId);
      },
    },
    {
      id: "remove",
      does: "remove the labels of the selection; on a sheet, skip the framed items",
      run: () => (onSheet() ? commands.setAside() : commands.label(-1)),
    },
    {
      id: "suspects",
      does: "sheet of suspects: labels that the model doubts",
      run: () => commands.openSheet("suspects"),
    },
    {
      id: "uncertain",
      does: "sheet of uncertain predictions",
      run: () => commands.openSheet("uncertain"),
    },
    {
      id: "overview",
      does: "sheet of items from unlabelled places of the map",
      run: () => commands.openSheet("overview"),
    },
    {
      id: "group",
      does: "on a sheet, frame the whole group of the picture, or the picture alone",
      run: () => {
        if (onSheet()) state.review.whole.value = !state.review.whole.value;
      },
    },
    {
      id: "next",
      does: "suggest what to look at next",
      run: () => commands.next(),
    },
    {
      id: "grow",
      does: "grow the selection over nearby items of the same prediction",
      run: () => commands.grow(),
    },
    {
      id: "similar",
      does: "add the items that are most like the selection; press again to add the next ones",
      run: () => commands.moreLike(),
    },
    {
      id: "accept",
      does: "label selected items as predicted, if the prediction is certain enough",
      run: () => commands.accept(),
    },
    {
      id: "findClass",
      does: "find a class by its name, if there are more than 12 classes",
      run: () => document.querySelector<HTMLElement>("[data-class-field]")?.focus(),
    },
    {
      id: "newClass",
      does: "add a class; on a sheet, give it to the framed items",
      run: () =>
        (
          document.querySelector<HTMLElement>(".contact-sheet [data-new-class]") ??
          document.querySelector<HTMLElement>("[data-new-class]")
        )?.click(),
    },
    {
      id: "undo",
      does: "undo your last gesture",
      run: () => commands.undo(),
    },
    {
      id: "redo",
      does: "redo",
      run: () => commands.redo(),
    },
    {
      id: "play",
      does: "pause or run training or playback",
      run: () => {
        if (!state.time.live.value) (state.time.playing.value ? commands.stop : commands.play)();
        else if (state.training.value?.state === "absent") commands.play();
        else (state.training.value?.state === "paused" ? commands.run : commands.pause)();
      },
    },
    { id: "momentBack", does: "one moment back", run: () => commands.step(-1) },
    { id: "momentForward", does: "one moment forward", run: () => commands.step(1) },
    { id: "gestureBack", does: "previous gesture", run: () => toGesture(state, commands, true) },
    { id: "gestureForward", does: "next gesture", run: () => toGesture(state, commands, false) },
    {
      id: "live",
      does: "back to live",
      run: () => commands.live(),
    },
    { id: "lasso", does: "lasso", run: tool("lasso") },
    { id: "rectangle", does: "rectangle", run: tool("rectangle") },
    { id: "pick", does: "pick one item", run: tool("pick") },
    {
      id: "drag",
      does: "drag an item or the selection; neighbours follow",
      run: tool("drag"),
    },
    {
      id: "dials",
      does: "show or hide the panel of forces and dials",
      run: () => {
        state.forces.dialsOpen.value = !state.forces.dialsOpen.value;
      },
    },
    {
      id: "arrows",
      does: "force arrows: off, hovered item, selection, all items",
      run: () => {
        const next = (FORCES_SHOWN.indexOf(state.forces.shown.value) + 1) % FORCES_SHOWN.length;
        state.forces.shown.value = FORCES_SHOWN[next]!;
      },
    },
    {
      id: "decode",
      does: "show or hide the picture decoded at the pointer",
      run: () => {
        state.forces.map.value = !state.forces.map.value;
      },
    },
    {
      id: "orbit",
      does: "turn the cloud with the left button",
      run: tool("orbit"),
    },
    {
      id: "mode",
      does: "select through the cloud, or visible items only",
      run: () => {
        state.selectionMode.value = state.selectionMode.value === "through" ? "visible" : "through";
      },
    },
    {
      id: "fit",
      does: "fit the cloud into the page",
      run: () => commands.fit(),
    },
    {
      id: "colour",
      does: "colour the points by label, prediction or confidence",
      run: () => {
        const order = ["label", "prediction", "confidence"] as const;
        state.colourBy.value = order[
          (order.indexOf(state.colourBy.value as "label") + 1) % 3
        ] as "label";
      },
    },
    {
      id: "cueColour",
      does: "show the next measure as colour: uncertainty, density, diversity, coverage",
      run: () => {
        if (!isSite) state.colourBy.value = cueAfter(state.colourBy.value) ?? "label";
      },
    },
    {
      id: "cueSize",
      does: "show the next measure as size",
      run: () => {
        if (!isSite) state.review.sizeBy.value = cueAfter(state.review.sizeBy.value) ?? "even";
      },
    },
    {
      id: "search",
      does: "search ids, paths, columns and classes",
      run: () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
    },
    {
      id: "sound",
      does: "switch the sound of the item under the pointer on or off",
      run: () => {
        state.sound.value = !state.sound.value;
      },
    },
    {
      id: "bigText",
      does: "big text",
      run: () => {
        state.bigText.value = !state.bigText.value;
      },
    },
    {
      id: "close",
      does: "close the open panel or sheet, then clear the selection",
      run: () => {
        if (state.help.value) state.help.value = false;
        else if (state.exportOpen.value) state.exportOpen.value = false;
        else if (state.layers.menuOpen.value) state.layers.menuOpen.value = false;
        else if (state.devicesOpen.value) state.devicesOpen.value = false;
        else if (state.site.linkOpen.value) state.site.linkOpen.value = false;
        else if (onSheet()) commands.closeSheet();
        else if (state.xr.reportOpen.value) state.xr.reportOpen.value = false;
        else if (!state.time.live.value) commands.live();
        else if (state.table.value) state.table.value = null;
        else if (state.focus.value) state.focus.value = null;
        else {
          state.selection.value = NOTHING;
          state.reportChosen.value = false;
        }
      },
    },
    {
      id: "devices",
      does: "headset and other devices",
      run: () => {
        state.devicesOpen.value = !state.devicesOpen.value && state.session.value?.role === "owner";
      },
    },
    {
      id: "report",
      does: "show or hide how the data were read",
      run: () => {
        state.reportChosen.value = !state.reportOpen.value;
      },
    },
    {
      id: "help",
      does: "show or hide this list",
      run: () => {
        state.help.value = !state.help.value;
      },
    },
  ];
}

/**
 * Show the moment of the next gesture (an action that can be undone) after the shown moment. If
 * there is no later gesture, return to the live view. With `back`, show the moment of the last
 * gesture before the shown moment.
 */
function toGesture(state: AppState, commands: Commands, back: boolean): void {
  const { time } = state;
  const moments = (time.timeline.peek()?.ticks ?? []).map((tick) => tick.moment);
  const now = time.live.peek() ? Number.POSITIVE_INFINITY : time.moment.peek();
  const to = back
    ? moments.findLast((moment) => moment < now)
    : moments.find((moment) => moment > now);
  if (to !== undefined) commands.goTo(to);
  else if (!back) commands.live();
}

/** Uses of fingers, for the help: [use, effect]. */
export const TOUCH_HELP: readonly [string, string][] = [
  ["Tap", "show an item"],
  ["One finger", "turn the cloud; with the lasso, draw around a cluster to select it"],
  ["Two fingers", "zoom, and move the cloud; with the lasso, zoom and turn"],
  ["Tap a class", "label the selection, or the framed items of a sheet"],
];

/** Uses of the pointer, for the list of keys. `dragKey`: text of the drag tool's key, or "". */
export const pointerHelp = (dragKey: string): readonly [string, string][] => [
  ["Drag", "draw around a cluster to select it"],
  ["Shift drag", "add to the selection"],
  ["Alt drag", "subtract from the selection"],
  ["Right drag", "turn the cloud"],
  ["Wheel", "zoom to the pointer"],
  ["Middle drag", "move the cloud"],
  [
    dragKey ? `Drag with ${dragKey}` : "Drag tool",
    "pull items and pin them; with Alt, items return; drop items on a class to label them",
  ],
];
