/**
 * Table of keys and their actions. The page runs the actions, and the help overlay lists the keys.
 */
import { isSite } from "../net/site.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";
import { FORCES_SHOWN } from "../state/force-state.js";
import { cueAfter } from "../state/review-state.js";
import { isSuggested, selectionSummary } from "../state/selection-summary.js";

export interface KeyAction {
  /** Names of the keys, as the help overlay shows them: "Ctrl Z". */
  keys: string;
  /** Effect of the keys, for the help overlay. */
  does: string;
  /** Whether `event` is a press of one of the keys. */
  matches(event: KeyboardEvent): boolean;
  run(event: KeyboardEvent): void;
}

/** Return all keys with their actions. */
export function keyActions(state: AppState, commands: Commands): KeyAction[] {
  const plain = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;
  const letter = (key: string) => (event: KeyboardEvent) =>
    plain(event) && event.key.toLowerCase() === key;
  const command = (key: string, shift: boolean) => (event: KeyboardEvent) =>
    (event.ctrlKey || event.metaKey) && event.shiftKey === shift && event.key.toLowerCase() === key;
  const onSheet = () => state.review.sheet.peek() !== null;
  const tool = (name: AppState["tool"]["value"]) => () => {
    state.tool.value = name;
  };
  const step = (event: KeyboardEvent) => plain(event) && (event.key === "," || event.key === ".");
  const jump = (event: KeyboardEvent) => plain(event) && (event.key === "[" || event.key === "]");
  return [
    {
      keys: "0 – 9",
      does: "label the selection, or the framed pictures of a sheet, with that class",
      matches: (event) => plain(event) && /^[0-9]$/.test(event.key),
      run: (event) => (onSheet() ? commands.correct : commands.label)(Number(event.key)),
    },
    {
      keys: "Enter",
      does: "label the selection as suggested, or confirm a sheet as shown",
      matches: letter("enter"),
      run: () => {
        const summary = selectionSummary(state);
        if (onSheet()) commands.confirmSheet();
        else if (summary && isSuggested(state, summary)) commands.label(summary.classId);
      },
    },
    {
      keys: "Backspace",
      does: "remove the selection's labels; on a sheet: skip the framed pictures",
      matches: (event) => plain(event) && (event.key === "Backspace" || event.key === "Delete"),
      run: () => (onSheet() ? commands.setAside() : commands.label(-1)),
    },
    {
      keys: "Q",
      does: "sheet of suspects: labels that the model doubts",
      matches: letter("q"),
      run: () => commands.openSheet("suspects"),
    },
    {
      keys: "U",
      does: "sheet of uncertain predictions",
      matches: letter("u"),
      run: () => commands.openSheet("uncertain"),
    },
    {
      keys: "O",
      does: "sheet of items from places of the map without a label",
      matches: letter("o"),
      run: () => commands.openSheet("overview"),
    },
    {
      keys: "J",
      does: "on a sheet: frame the whole group of the picture, or the picture alone",
      matches: letter("j"),
      run: () => {
        if (onSheet()) state.review.whole.value = !state.review.whole.value;
      },
    },
    {
      keys: "W",
      does: "suggest what to look at next",
      matches: letter("w"),
      run: () => commands.next(),
    },
    {
      keys: "E",
      does: "grow the selection over nearby items of the same prediction",
      matches: letter("e"),
      run: () => commands.grow(),
    },
    {
      keys: "Y",
      does: "label selected items as predicted, if the prediction is certain enough",
      matches: letter("y"),
      run: () => commands.accept(),
    },
    {
      keys: "N",
      does: "new class; on a sheet: for the framed pictures",
      matches: letter("n"),
      run: () =>
        (
          document.querySelector<HTMLElement>(".contact-sheet [data-new-class]") ??
          document.querySelector<HTMLElement>("[data-new-class]")
        )?.click(),
    },
    {
      keys: "Ctrl Z",
      does: "undo your last gesture",
      matches: command("z", false),
      run: () => commands.undo(),
    },
    {
      keys: "Ctrl Y",
      does: "redo",
      matches: (event) => command("y", false)(event) || command("z", true)(event),
      run: () => commands.redo(),
    },
    {
      keys: "Space",
      does: "pause or run training or playback",
      matches: letter(" "),
      run: () => {
        if (!state.time.live.value) (state.time.playing.value ? commands.stop : commands.play)();
        else if (state.training.value?.state === "absent") commands.play();
        else (state.training.value?.state === "paused" ? commands.run : commands.pause)();
      },
    },
    {
      keys: ", .",
      does: "one moment back or forward",
      matches: step,
      run: (e) => commands.step(e.key === "," ? -1 : 1),
    },
    {
      keys: "[ ]",
      does: "previous or next gesture",
      matches: jump,
      run: (e) => toGesture(state, commands, e.key === "["),
    },
    {
      keys: "End",
      does: "back to live",
      matches: letter("end"),
      run: () => commands.live(),
    },
    { keys: "L", does: "lasso", matches: letter("l"), run: tool("lasso") },
    { keys: "R", does: "rectangle", matches: letter("r"), run: tool("rectangle") },
    { keys: "V", does: "pick one item", matches: letter("v"), run: tool("pick") },
    {
      keys: "M",
      does: "drag an item or the selection; neighbours follow",
      matches: letter("m"),
      run: tool("drag"),
    },
    {
      keys: "D",
      does: "show or hide the panel of forces and dials",
      matches: letter("d"),
      run: () => {
        state.forces.dialsOpen.value = !state.forces.dialsOpen.value;
      },
    },
    {
      keys: "A",
      does: "force arrows: off, hovered item, selection, all items",
      matches: letter("a"),
      run: () => {
        const next = (FORCES_SHOWN.indexOf(state.forces.shown.value) + 1) % FORCES_SHOWN.length;
        state.forces.shown.value = FORCES_SHOWN[next]!;
      },
    },
    {
      keys: "X",
      does: "show or hide the picture decoded at the pointer",
      matches: letter("x"),
      run: () => {
        state.forces.map.value = !state.forces.map.value;
      },
    },
    {
      keys: "H",
      does: "turn the cloud with the left button",
      matches: letter("h"),
      run: tool("orbit"),
    },
    {
      keys: "T",
      does: "select through the cloud, or visible items only",
      matches: letter("t"),
      run: () => {
        state.selectionMode.value = state.selectionMode.value === "through" ? "visible" : "through";
      },
    },
    {
      keys: "F",
      does: "fit the cloud into the page",
      matches: letter("f"),
      run: () => commands.fit(),
    },
    {
      keys: "C",
      does: "colour the points by label, prediction or confidence",
      matches: letter("c"),
      run: () => {
        const order = ["label", "prediction", "confidence"] as const;
        state.colourBy.value = order[
          (order.indexOf(state.colourBy.value as "label") + 1) % 3
        ] as "label";
      },
    },
    {
      keys: "K Z",
      does: "show the next cue as colour (K) or as size (Z)",
      matches: (event) => plain(event) && /^[kz]$/i.test(event.key) && !isSite,
      run: (event) => {
        if (event.key.toLowerCase() === "k")
          state.colourBy.value = cueAfter(state.colourBy.value) ?? "label";
        else state.review.sizeBy.value = cueAfter(state.review.sizeBy.value) ?? "even";
      },
    },
    {
      keys: "/",
      does: "search ids, paths, columns and classes",
      matches: (event) => plain(event) && event.key === "/",
      run: () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
    },
    {
      keys: "S",
      does: "switch the sound of the item under the pointer on or off",
      matches: letter("s"),
      run: () => {
        state.sound.value = !state.sound.value;
      },
    },
    {
      keys: "B",
      does: "big text",
      matches: letter("b"),
      run: () => {
        state.bigText.value = !state.bigText.value;
      },
    },
    {
      keys: "Escape",
      does: "close the open panel or sheet, then clear the selection",
      matches: letter("escape"),
      run: () => {
        if (state.help.value) state.help.value = false;
        else if (state.devicesOpen.value) state.devicesOpen.value = false;
        else if (state.site.linkOpen.value) state.site.linkOpen.value = false;
        else if (onSheet()) commands.closeSheet();
        else if (state.xr.reportOpen.value) state.xr.reportOpen.value = false;
        else if (!state.time.live.value) commands.live();
        else {
          state.selection.value = NOTHING;
          state.reportChosen.value = false;
        }
      },
    },
    {
      keys: "G",
      does: "headset and other devices",
      matches: letter("g"),
      run: () => {
        state.devicesOpen.value = !state.devicesOpen.value && state.session.value?.role === "owner";
      },
    },
    {
      keys: "I",
      does: "show or hide how the data were read",
      matches: letter("i"),
      run: () => {
        state.reportChosen.value = !state.reportOpen.value;
      },
    },
    {
      keys: "?",
      does: "show or hide this list",
      matches: (event) => event.key === "?",
      run: () => {
        state.help.value = !state.help.value;
      },
    },
  ];
}

/**
 * Show the moment of another gesture (an action that can be undone). With `back`, this is the last
 * gesture before the shown moment, otherwise the first gesture after it. If there is no later
 * gesture, return to the live view.
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

/** Uses of the pointer, for the help overlay. */
export const POINTER_HELP: readonly [string, string][] = [
  ["Drag", "draw around a cluster to select it"],
  ["Shift drag", "add to the selection"],
  ["Alt drag", "subtract from the selection"],
  ["Right drag", "turn the cloud"],
  ["Wheel", "zoom to the pointer"],
  ["Middle drag", "move the cloud"],
  [
    "Drag with M",
    "pull items and pin them; with Alt, items return; drop items on a class to label them",
  ],
];

/** Run actions on key presses, except in text fields. Returns a function that unbinds the keys. */
export function bindKeyboard(actions: readonly KeyAction[]): () => void {
  const onKey = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (
      target.matches(
        "input:not([type=range], [type=checkbox], [type=color]), " +
          "textarea, select, [contenteditable]",
      )
    )
      return;
    // A slider handles its own keys. On the timeline, however, End returns to the live view.
    const slider =
      target.matches("input[type=range]") && !(event.key === "End" && target.matches(".scrub"));
    if (slider && /^(Arrow|Page|Home|End)/.test(event.key)) return;
    // Enter and Space press a focused button.
    if (
      (event.key === "Enter" || event.key === " ") &&
      target.matches("button, a, summary, [role=button], [type=checkbox], [type=color]")
    )
      return;
    const action = actions.find((candidate) => candidate.matches(event));
    if (!action) return;
    event.preventDefault();
    action.run(event);
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
