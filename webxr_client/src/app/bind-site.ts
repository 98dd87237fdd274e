/**
 * Bindings of the address of the page, which describes the view, and of a baked site (static files
 * of a finished training). If another page shows a baked site in a frame, that page can send
 * commands as messages (docs/scenes.md).
 */
import { effect } from "@preact/signals";
import { isSite } from "../net/site.js";
import type { Box } from "../protocol/scene-file.js";
import { placeInBox } from "../scene/camera-place.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";
import { readCommand, type SiteCommand, type SiteReport } from "../state/site-message.js";
import { linkTo, problemText, readView, type SiteView } from "../state/site-view.js";
import { RATE } from "../state/time-state.js";
import { panelsFor } from "../ui/kit/layout.js";

/**
 * Show the view that the address describes. If another page shows the site in a frame, let that
 * page control the playback.
 */
export function bindSite(state: AppState, commands: Commands, stage: Stage): void {
  const view = readView(new URLSearchParams(location.search));
  applyAtOnce(state, view);
  bindColours(state, view.colours);
  const embedded = window.parent !== window;
  if (embedded) bindWheel(stage);
  const panels = panelsFor(view.panels, true, window.innerWidth, window.innerHeight);
  if (embedded || panels !== "full") state.tool.value = "orbit";
  onceLoaded(
    state,
    commands,
    () => {
      lastBox = state.latent.box;
      stage.placeCamera(view.camera);
    },
    () => {
      begin(state, commands, view);
      if (embedded) bindParent(state, commands);
    },
  );
}

/**
 * Box of the scene at the end of the training. The camera values in an address are relative to this
 * box.
 */
let lastBox: Box | null = null;

/** Show the view that the address of a page with a server describes, if it describes one. */
export function bindLink(state: AppState, commands: Commands, stage: Stage): void {
  const query = new URLSearchParams(location.search);
  query.delete("test");
  if (query.size === 0) return;
  const view = readView(query, true);
  applyAtOnce(state, view);
  const { camera } = view;
  const placed = Object.values(camera).some((value) => value !== undefined);
  onceLoaded(
    state,
    commands,
    () => {
      if (placed) stage.placeCamera(camera);
      if (view.search) commands.search(view.search);
      if (view.column) commands.colourByColumn(view.column);
    },
    () => {
      if (view.time !== undefined || view.progress !== undefined) seek(state, commands, view);
    },
  );
}

/** Return an address that shows the current view of the page. */
export function addressOfView(state: AppState, stage: Stage): string {
  const { time, latent } = state;
  const query = linkTo(
    {
      camera: placeInBox(stage.cameraPlace(), latent.box, lastBox ?? latent.box),
      colourBy: state.colourBy.peek(),
      column: state.colourBy.peek() === "column" ? (state.columns.shown.peek()?.name ?? "") : "",
      search: state.search.peek()?.text ?? "",
      time: time.live.peek() ? null : time.moment.peek() / RATE,
      speed: time.speed.peek(),
      theme: state.theme.peek(),
    },
    // The address of a page with a server can have a secret, which a link must not pass on.
    new URLSearchParams(isSite ? location.search : ""),
  );
  return `${location.origin}${location.pathname}?${query}`;
}

function applyAtOnce(state: AppState, view: SiteView): void {
  state.site.panels.value = view.panels;
  state.site.problem.value = problemText(view.problems);
  state.time.loop.value = view.loop;
  if (view.colourBy) state.colourBy.value = view.colourBy;
  if (view.speed) state.time.speed.value = view.speed;
  if (view.theme) state.theme.value = view.theme;
}

/**
 * Replace the colours of the classes. The effect does this again after each keyframe of the
 * recording, because a keyframe sets the classes.
 */
function bindColours(state: AppState, colours: readonly string[]): void {
  if (!colours.some(Boolean)) return;
  effect(() => {
    const classes = state.classes.value;
    if (classes.every(({ colour }, k) => !colours[k] || colours[k] === colour)) return;
    state.classes.value = classes.map((info, k) => ({
      ...info,
      colour: colours[k] || info.colour,
    }));
  });
}

/**
 * Call `shown` when the scene is shown. After that, call `playable` as soon as the index of the
 * recording has arrived, or at once if there is no recording.
 */
function onceLoaded(
  state: AppState,
  commands: Commands,
  shown: () => void,
  playable: () => void,
): void {
  const steps = [
    () => state.sceneVersion.value > 0,
    () => !state.session.value?.has_recording || state.time.timeline.value !== null,
  ];
  const once = (step: number, then: () => void) => {
    let done = false;
    const stop = effect(() => {
      if (done || !steps[step]?.()) return;
      done = true;
      // Run `then` after the other bindings, which fit the camera to the new scene.
      queueMicrotask(() => {
        stop();
        then();
      });
    });
  };
  once(0, () => {
    shown();
    if (state.session.peek()?.has_recording) commands.refreshTimeline();
    once(1, playable);
  });
}

function begin(state: AppState, commands: Commands, view: SiteView): void {
  const { time } = state;
  if (view.search) commands.search(view.search);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (view.time !== undefined || view.progress !== undefined) seek(state, commands, view);
  if (!view.autoplay || calm || time.last.peek() === 0) return;
  if (view.time === undefined && view.progress === undefined) commands.goTo(0);
  commands.play();
}

function seek(
  state: AppState,
  commands: Commands,
  place: { time?: number; progress?: number },
): void {
  const moment = state.time.momentAt(place);
  if (moment === null) commands.live();
  else commands.goTo(moment);
}

/**
 * Execute the commands of the page that shows the site in a frame, and report to that page which
 * moment (recorded frame) is shown.
 */
function bindParent(state: AppState, commands: Commands): void {
  const { time } = state;
  const report = (message: SiteReport) => window.parent.postMessage(message, "*");
  const shown = () => (time.live.value ? time.last.value : time.moment.value);
  const ready = () => {
    const moments = state.session.peek()?.has_recording ? time.last.peek() + 1 : 0;
    report({ lodespace: "ready", duration: Math.max(0, moments - 1) / RATE, moments });
  };
  /**
   * Moment that the page around the site has requested. This moment is not reported back to that
   * page.
   */
  let asked = shown();
  /** Whether the requested moment has been shown. */
  let arrived = true;
  const carryOut = (command: SiteCommand) => {
    switch (command.lodespace) {
      case "ask":
        ready();
        break;
      case "pause":
        commands.stop();
        break;
      case "play":
        if (command.speed) time.speed.value = command.speed;
        if (!time.playing.peek() && time.last.peek() > 0) commands.play();
        break;
      case "seek":
        if (time.playing.peek()) commands.stop();
        asked = time.momentAt(command) ?? time.last.peek();
        arrived = false;
        if (time.last.peek() > 0) seek(state, commands, command);
        break;
    }
  };
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent) return;
    const command = readCommand(event.data);
    if (command) carryOut(command);
  });
  let wasPlaying = false;
  effect(() => {
    const moment = shown();
    const playing = time.playing.value;
    arrived ||= moment === asked;
    const quiet = moment === asked || (!arrived && time.moment.value === asked);
    if (quiet && playing === wasPlaying) return;
    asked = -1;
    wasPlaying = playing;
    const last = Math.max(1, time.last.peek());
    report({ lodespace: "time", time: moment / RATE, progress: moment / last, playing });
  });
  ready();
}

/**
 * If another page shows this site in a frame, let the wheel scroll that page until the user clicks
 * or presses a key in the frame. After that, the wheel zooms, until the frame loses the focus.
 */
function bindWheel(stage: Stage): void {
  stage.setZoomByWheel(false);
  window.addEventListener("pointerdown", () => stage.setZoomByWheel(true));
  window.addEventListener("keydown", () => stage.setZoomByWheel(true));
  window.addEventListener("blur", () => stage.setZoomByWheel(false));
}
