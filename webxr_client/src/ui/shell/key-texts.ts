/** Texts about keys, fingers and the pointer, for the dialog that lists them. */
import type { ActionId } from "../../state/key-map.js";

/** Effect of the key of each action. */
export const KEY_TEXTS: Record<ActionId, string> = {
  confirm: "label the selection as suggested, or confirm a sheet as shown",
  remove: "remove the labels of the selection; on a sheet, skip the framed items",
  suspects: "sheet of suspects: labels that the model doubts",
  uncertain: "sheet of uncertain predictions",
  overview: "sheet of items from unlabelled places of the map",
  group: "on a sheet, frame the whole group of the item, or the item alone",
  next: "suggest what to look at next",
  grow: "grow the selection over nearby items of the same prediction",
  similar: "add the items that are most like the selection; press again to add the next ones",
  accept: "label selected items as predicted, if the prediction is certain enough",
  keepRule: "keep the next label of a selection as a rule, which also labels items like these",
  rules: "show or hide the rules",
  findClass: "find a class by its name, if there are more than 12 classes",
  newClass: "add a class; on a sheet, give it to the framed items",
  undo: "undo your last gesture",
  redo: "redo",
  play: "pause or run training or playback",
  momentBack: "one moment back",
  momentForward: "one moment forward",
  gestureBack: "previous gesture",
  gestureForward: "next gesture",
  live: "back to live",
  lasso: "lasso",
  rectangle: "rectangle",
  pick: "pick one item",
  drag: "drag an item or the selection; neighbours follow",
  dials: "show or hide forces, dials and training curves",
  arrows: "force arrows: off, hovered item, selection, all items",
  decode: "show or hide the picture decoded at the pointer",
  orbit: "turn the cloud with the left button",
  mode: "select through the cloud, or visible items only",
  fit: "fit the cloud into the page",
  colour: "colour the points by label, prediction or confidence",
  cueColour: "show the next measure as colour: uncertainty, density, diversity, coverage",
  cueSize: "show the next measure as size",
  search: "search ids, paths, columns and classes",
  sound: "switch the sound of the item under the pointer on or off",
  bigText: "big text",
  close: "close the open panel or sheet, then clear the selection",
  devices: "headset and other devices",
  report: "show or hide how the data were read",
  help: "show or hide this list",
};

/** Uses of fingers: [use, effect]. */
export const TOUCH_HELP: readonly [string, string][] = [
  ["Tap", "show an item"],
  ["One finger", "turn the cloud; with the lasso, draw around a cluster to select it"],
  ["Two fingers", "zoom, and move the cloud; with the lasso, zoom and turn"],
  ["Plus sign", "add the next region or item to the selection; again: remove it"],
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
