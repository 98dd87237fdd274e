/** Actions of the keys. state/key-map.ts has the keys, ui/shell/key-texts.ts the texts. */
import { isSite } from "../../net/site.js";
import { type AppState, NOTHING } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { FORCES_SHOWN } from "../../state/force-state.js";
import type { ActionId } from "../../state/key-map.js";
import { playToggle } from "../../state/play-toggle.js";
import { cueAfter } from "../../state/review-state.js";
import { isSuggested, selectionSummary } from "../../state/selection-summary.js";

export interface KeyAction {
  id: ActionId;
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
      run: () => {
        const summary = selectionSummary(state);
        if (onSheet()) commands.confirmSheet();
        else if (summary && isSuggested(state, summary)) commands.label(summary.classId);
      },
    },
    {
      id: "remove",
      run: () => (onSheet() ? commands.setAside() : commands.label(-1)),
    },
    {
      id: "suspects",
      run: () => commands.openSheet("suspects"),
    },
    {
      id: "uncertain",
      run: () => commands.openSheet("uncertain"),
    },
    {
      id: "overview",
      run: () => commands.openSheet("overview"),
    },
    {
      id: "group",
      run: () => {
        if (onSheet()) state.review.whole.value = !state.review.whole.value;
      },
    },
    {
      id: "next",
      run: () => commands.next(),
    },
    {
      id: "grow",
      run: () => commands.grow(),
    },
    {
      id: "similar",
      run: () => commands.moreLike(),
    },
    {
      id: "accept",
      run: () => commands.accept(),
    },
    {
      id: "keepRule",
      run: () => {
        const { keep, offered } = state.rules;
        keep.value = !keep.value && offered.value && !state.readOnly.value;
      },
    },
    {
      id: "rules",
      run: () => {
        state.rules.open.value = !state.rules.open.value && state.rules.offered.value;
      },
    },
    {
      id: "findClass",
      run: () => document.querySelector<HTMLElement>("[data-class-field]")?.focus(),
    },
    {
      id: "newClass",
      run: () =>
        (
          document.querySelector<HTMLElement>(".contact-sheet [data-new-class]") ??
          document.querySelector<HTMLElement>("[data-new-class]")
        )?.click(),
    },
    {
      id: "undo",
      run: () => commands.undo(),
    },
    {
      id: "redo",
      run: () => commands.redo(),
    },
    {
      id: "play",
      run: () => playToggle(state, commands).run(),
    },
    { id: "momentBack", run: () => commands.step(-1) },
    { id: "momentForward", run: () => commands.step(1) },
    { id: "gestureBack", run: () => toGesture(state, commands, true) },
    { id: "gestureForward", run: () => toGesture(state, commands, false) },
    {
      id: "live",
      run: () => commands.live(),
    },
    { id: "lasso", run: tool("lasso") },
    { id: "rectangle", run: tool("rectangle") },
    { id: "pick", run: tool("pick") },
    {
      id: "drag",
      run: tool("drag"),
    },
    {
      id: "dials",
      run: () => {
        const open = isSite ? state.site.curvesOpen : state.forces.dialsOpen;
        open.value = !open.value;
      },
    },
    {
      id: "arrows",
      run: () => {
        const next = (FORCES_SHOWN.indexOf(state.forces.shown.value) + 1) % FORCES_SHOWN.length;
        state.forces.shown.value = FORCES_SHOWN[next]!;
      },
    },
    {
      id: "decode",
      run: () => {
        state.forces.map.value = !state.forces.map.value;
      },
    },
    {
      id: "orbit",
      run: tool("orbit"),
    },
    {
      id: "mode",
      run: () => {
        state.selectionMode.value = state.selectionMode.value === "through" ? "visible" : "through";
      },
    },
    {
      id: "fit",
      run: () => commands.fit(),
    },
    {
      id: "colour",
      run: () => {
        const order = ["label", "prediction", "confidence"] as const;
        state.colourBy.value = order[
          (order.indexOf(state.colourBy.value as "label") + 1) % 3
        ] as "label";
      },
    },
    {
      id: "cueColour",
      run: () => {
        if (!isSite) state.colourBy.value = cueAfter(state.colourBy.value) ?? "label";
      },
    },
    {
      id: "cueSize",
      run: () => {
        if (!isSite) state.review.sizeBy.value = cueAfter(state.review.sizeBy.value) ?? "even";
      },
    },
    {
      id: "search",
      run: () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
    },
    {
      id: "sound",
      run: () => {
        state.sound.value = !state.sound.value;
      },
    },
    {
      id: "bigText",
      run: () => {
        state.bigText.value = !state.bigText.value;
      },
    },
    {
      id: "close",
      run: () => {
        if (state.help.value) state.help.value = false;
        else if (state.exportOpen.value) state.exportOpen.value = false;
        else if (state.layers.menuOpen.value) state.layers.menuOpen.value = false;
        else if (state.devicesOpen.value) state.devicesOpen.value = false;
        else if (state.site.linkOpen.value) state.site.linkOpen.value = false;
        else if (onSheet()) commands.closeSheet();
        else if (state.rules.open.value) state.rules.open.value = false;
        else if (state.people.open.value) state.people.open.value = false;
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
      run: () => {
        state.devicesOpen.value = !state.devicesOpen.value && state.session.value?.role === "owner";
      },
    },
    {
      id: "report",
      run: () => {
        state.reportChosen.value = !state.reportOpen.value;
      },
    },
    {
      id: "help",
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
