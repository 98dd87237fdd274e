/** Wires state, scene, interaction and panels together; does nothing itself. */
import { effect } from "@preact/signals";
import { bindDesktopInput } from "./interaction/desktop-input.js";
import { DragTool } from "./interaction/drag-tool.js";
import { bindKeyboard, keyActions } from "./interaction/keyboard.js";
import { project } from "./interaction/region-query.js";
import { SelectTool } from "./interaction/select-tool.js";
import type { XrEntry } from "./interaction/xr/session/enter.js";
import { findOffered } from "./interaction/xr/session/support.js";
import { fetchThumbnails } from "./net/api.js";
import { Atlas } from "./scene/cloud/atlas.js";
import {
  CUE_DARK,
  CUE_LIGHT,
  LIGHT_INK,
  Palette,
  UNLABELLED_DARK,
  UNLABELLED_LIGHT,
} from "./scene/cloud/colours.js";
import { ForceLines } from "./scene/cloud/force-lines.js";
import { PointCloud } from "./scene/cloud/point-cloud.js";
import { Peers } from "./scene/peers.js";
import { SoundPlayer } from "./scene/sound-player.js";
import { Stage } from "./scene/stage.js";
import { Session } from "./session/session.js";
import { AppState } from "./state/app-state.js";
import { isCue } from "./state/review-state.js";
import type { XrMode } from "./state/xr-state.js";
import { mountUi } from "./ui/index.js";
import "./ui/styles.css";

const state = new AppState();
const session = new Session(state);
const palette = new Palette();
const cloud = new PointCloud(state.latent, state.annotations, palette);
const root = document.getElementById("app") as HTMLElement;
const canvas = document.createElement("canvas");
canvas.className = "cloud";
canvas.setAttribute(
  "aria-label",
  "The latent space: a cloud of the items. Lists and actions are in the panels.",
);
canvas.setAttribute("role", "img");

const stage = new Stage(canvas, state.latent, cloud);
const tool = new SelectTool(state, {
  width: () => canvas.clientWidth,
  height: () => canvas.clientHeight,
  clipFromLatent: () => stage.clipFromLatent(),
  pointPixels: () => stage.pointPixels(),
});
const commands = session.commands(() => stage.fit());
const actions = keyActions(state, commands);
const atlas: { current: Atlas | null } = { current: null };
const drag = new DragTool(
  state,
  commands,
  {
    width: () => canvas.clientWidth,
    height: () => canvas.clientHeight,
    clipFromLatent: () => stage.clipFromLatent(),
    showGrabbed: (items, moved) => {
      cloud.setGrabbed(items);
      cloud.setGrab(moved);
      stage.invalidate();
    },
  },
  (x, y) => tool.itemAt(x, y),
);
const peers = new Peers();
const forceLines = new ForceLines(state);
stage.world.add(peers.heads, peers.hands, forceLines.group);

// The code for VR is a chunk of its own, fetched as soon as there is a headset: the click itself has to find it there.
const xr: { entry: XrEntry | null } = { entry: null };
effect(() => {
  if (!state.xr.offered.value?.size || xr.entry) return;
  void import("./interaction/xr/session/enter.js").then(
    ({ XrEntry: Entry }) => {
      xr.entry = new Entry({ state, commands, stage, cloud, atlas });
    },
    () => {
      state.xr.message.value = "The part of the page for VR could not be loaded. Reload the page.";
    },
  );
});
void findOffered(state);

mountUi(root, canvas, {
  state,
  commands,
  actions,
  atlas,
  setInsets: (insets) => stage.setInsets(insets),
  enterXr: (mode: XrMode) => {
    if (xr.entry) void xr.entry.enter(mode);
    else state.xr.message.value = "VR is still loading: press once more in a moment.";
  },
  leaveXr: () => void xr.entry?.leave(),
});
bindDesktopInput(canvas, tool, drag, state, (sample) => {
  if (!state.forces.map.peek()) return;
  commands.look(sample && stage.latentAt(sample.x, sample.y, state.hovered.peek()?.item ?? -1));
});
bindKeyboard(actions);
new ResizeObserver(() => stage.resize()).observe(root);

// A point is as large as its share of the room, within limits: 5,000 digits are 18 mm in a cube of 1 m.
const pointMetres = (n: number, dimension: number) =>
  dimension === 2
    ? Math.min(0.06, 0.7 / Math.sqrt(Math.max(n, 1)))
    : Math.min(0.08, 0.3 / Math.cbrt(Math.max(n, 1)));

let shownScene = 0;
effect(() => {
  const version = state.sceneVersion.value;
  if (version === 0) return;
  cloud.setScene();
  cloud.pointSize = pointMetres(state.latent.n, state.latent.latentDim);
  cloud.setSelected(state.selection.peek().items);
  stage.setDimension(state.latent.latentDim);
  stage.fit(shownScene > 0);
  shownScene = version;
});
effect(() => {
  state.labelsVersion.value;
  state.predictionsVersion.value;
  cloud.refreshClasses();
  stage.invalidate();
});
effect(() => {
  const { items, tool } = state.selection.value;
  cloud.setSelected(items, tool === "sheet");
  stage.invalidate();
});
effect(() => {
  state.sceneVersion.value;
  cloud.setFound(state.search.value?.items ?? null);
  stage.invalidate();
});
effect(() => {
  cloud.setHovered(state.hovered.value?.item ?? -1);
  stage.invalidate();
});
effect(() => {
  const by = state.colourBy.value;
  const { cues, sizeBy } = state.review;
  const colour = isCue(by) ? (cues.value.get(by) ?? null) : null;
  const size = isCue(sizeBy.value) ? (cues.value.get(sizeBy.value) ?? null) : null;
  state.sceneVersion.value;
  cloud.setCues(colour, size);
  // Until a cue is there, labels are shown.
  cloud.setColourBy(isCue(by) && !colour ? "label" : by);
  stage.invalidate();
});
effect(() => {
  state.sceneVersion.value;
  cloud.setPinned(state.pins.value);
  stage.invalidate();
});
// What is read of the model goes only as far as it is looked at.
effect(() => {
  const shown = state.forces.shown.value;
  commands.watch(
    (shown !== "off" || state.colourBy.value === "force") &&
      state.time.live.value &&
      state.model.value,
  );
});
effect(() => {
  state.forces.version.value;
  cloud.setDominant(state.colourBy.value === "force" ? state.forces.dominant() : null);
  stage.invalidate();
});
effect(() => {
  if (state.forces.shown.value !== "selected" || !state.model.value) return;
  commands.probe(Array.from(state.selection.value.items));
});
effect(() => {
  state.forces.shown.value;
  state.forces.terms.value;
  state.forces.seen.value;
  state.hovered.value;
  state.selection.value;
  forceLines.invalidate();
  stage.invalidate();
});
effect(() => {
  state.forces.trails.value;
  state.sceneVersion.value;
  forceLines.forget();
  stage.invalidate();
});
effect(() => {
  if (!state.forces.map.value) commands.look(null);
});
effect(() => {
  peers.show(state.peers.value.values());
  stage.invalidate();
});
// What one points at is heard: with the pointer from its side of the page, in VR from where it is.
const player = new SoundPlayer();
effect(() => {
  const heard = state.session.value?.item_kind === "sound" && state.sound.value;
  const hover = state.hovered.value;
  const item = state.xr.presenting.value ? state.xr.atBrush.value : (hover?.item ?? -1);
  if (!heard || item < 0) player.stop();
  else if (state.xr.presenting.peek()) player.play(item, () => stage.placeOf(item));
  else player.play(item, null, hover ? (hover.x / window.innerWidth) * 2 - 1 : 0);
});
stage.beforeFrame = () => {
  player.move(stage.listener());
  return forceLines.update();
};
effect(() => stage.setOrbitWithLeft(state.tool.value === "orbit"));
effect(() => {
  const dark = state.theme.value === "dark";
  document.documentElement.dataset.theme = state.theme.value;
  palette.set(state.classes.value, dark ? UNLABELLED_DARK : UNLABELLED_LIGHT, dark ? 1 : LIGHT_INK);
  cloud.setTheme(
    dark ? "#0e141b" : "#eef1f5",
    dark ? "#d7efff" : "#0b63a5",
    dark ? CUE_DARK : CUE_LIGHT,
  );
  stage.invalidate();
});
effect(() => {
  const layout = state.session.value?.thumbnails;
  if (!layout || atlas.current) return;
  const made = new Atlas(layout);
  atlas.current = made;
  void (async () => {
    for (let page = 0; page < layout.pages; page++) {
      await made.setPage(page, await fetchThumbnails(page));
      cloud.setAtlas(made);
      state.picturesVersion.value += 1;
    }
  })().catch((error: unknown) => {
    state.failure.value = `Pictures could not be loaded: ${String(error)}`;
  });
});

void session.start();

if (new URLSearchParams(location.search).has("test")) {
  // For browser tests: what is shown, and where on the page an item lies.
  Object.assign(window, {
    lodespace: {
      state,
      session,
      stage,
      commands,
      forceLines,
      peers,
      cloud,
      tool,
      player,
      xr,
      screenPositions: () => {
        const { latent } = state;
        const cloudNow = {
          n: latent.n,
          dimension: latent.latentDim,
          latentMean: latent.latentMean.bind(latent),
        };
        const { x, y, front } = project(cloudNow, stage.clipFromLatent());
        const box = canvas.getBoundingClientRect();
        return Array.from(x, (value, i) => [
          box.left + ((value + 1) / 2) * box.width,
          box.top + ((1 - (y[i] as number)) / 2) * box.height,
          front[i] as number,
        ]);
      },
    },
  });
}
