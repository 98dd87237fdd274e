/** Entry point of the page: builds state, session, scene, tools and panels, and binds them. */
import { effect } from "@preact/signals";
import { bindAxes } from "./app/bind-axes.js";
import { bindCloud, bindThumbnails } from "./app/bind-cloud.js";
import { bindForces } from "./app/bind-forces.js";
import { bindLayers } from "./app/bind-layers.js";
import { bindPeople } from "./app/bind-people.js";
import { bindRules } from "./app/bind-rules.js";
import { addressOfView, bindLink, bindSite } from "./app/bind-site.js";
import { bindSound } from "./app/bind-sound.js";
import { bindTheme } from "./app/bind-theme.js";
import { bindTiles } from "./app/bind-tiles.js";
import { bindView, viewParts } from "./app/bind-view.js";
import { bindViewed } from "./app/bind-viewed.js";
import { bindWake } from "./app/bind-wake.js";
import { flyTo } from "./app/fly-to.js";
import { XrLoader } from "./app/xr-loader.js";
import { bindDesktopInput } from "./interaction/desktop-input.js";
import { DragTool } from "./interaction/drag-tool.js";
import { keyActions } from "./interaction/keys/key-actions.js";
import { bindKeyboard } from "./interaction/keys/keyboard.js";
import { SelectTool } from "./interaction/select-tool.js";
import { findOffered } from "./interaction/xr/session/support.js";
import { isSite } from "./net/site.js";
import { AxisMarks } from "./scene/axis-marks.js";
import type { Atlas } from "./scene/cloud/atlas.js";
import { Palette } from "./scene/cloud/colours.js";
import { ForceLines } from "./scene/cloud/force-lines.js";
import { PointCloud } from "./scene/cloud/point-cloud.js";
import { latentAt } from "./scene/latent-point.js";
import { SoundPlayer } from "./scene/sound-player.js";
import { Stage } from "./scene/stage.js";
import { Session } from "./session/session.js";
import { AppState } from "./state/app-state.js";
import { endFollowing } from "./state/peer-calls.js";
import { mountUi } from "./ui/index.js";
import "./ui/styles.css";

/** Half of the size of an item after the camera has moved to it, CSS pixels. */
const LARGE = 40;

const state = new AppState();
const session = new Session(state);
const root = document.getElementById("app") as HTMLElement;
const palette = new Palette();
const cloud = new PointCloud(state.latent, state.annotations, palette);
const stage: Stage = new Stage(
  state.latent,
  cloud,
  viewParts(state, () => xr),
);
stage.element.setAttribute("role", "img");
stage.element.setAttribute(
  "aria-label",
  "The latent space: a cloud of the items. Lists and actions are in the panels.",
);
bindView(stage);
const forceLines = new ForceLines(state);
const axisMarks = new AxisMarks(true);
stage.world.add(forceLines.group, axisMarks.mesh);
const player = new SoundPlayer();
const atlas: { current: Atlas | null } = { current: null };

const commands = session.commands(() => stage.fit());
const actions = keyActions(state, commands);
const view = {
  width: () => stage.element.clientWidth,
  height: () => stage.element.clientHeight,
  clipFromLatent: () => stage.clipFromLatent(),
};
const rules = bindRules(state, commands, stage, cloud);
const selectTool = new SelectTool(
  state,
  { ...view, pointPixels: () => stage.pointPixels() },
  (x, y) => rules.layer?.ruleAt(x, y) ?? 0,
);
const dragTool = new DragTool(
  state,
  commands,
  {
    ...view,
    showGrabbed: (items, moved) => {
      cloud.setGrabbed(items);
      cloud.setGrab(moved);
      stage.invalidate();
    },
  },
  (x, y) => selectTool.itemAt(x, y),
);
const xr: XrLoader = new XrLoader(state, { commands, stage, cloud, atlas });
void findOffered(state);

mountUi(root, stage.element, {
  state,
  commands,
  actions,
  atlas,
  setInsets: (insets) => stage.setInsets(insets),
  showItems: (items) => {
    endFollowing(state);
    flyTo({ latent: state.latent, stage, cloud }, items);
    const [item] = items;
    if (item === undefined || items.length > 1) return;
    // At the end, the camera shows the item in the middle, as a large picture above its card.
    state.hovered.value = { item, x: view.width() / 2, y: view.height() / 2 + LARGE };
  },
  viewAddress: () => addressOfView(state, stage),
  across: (item) => (stage.placeOf(item).project(stage.camera).x + 1) / 2,
  enterXr: (mode) => xr.enter(mode),
  leaveXr: () => xr.leave(),
  buildView: () => stage.keeper.again(),
});
bindDesktopInput(stage.element, selectTool, dragTool, state, (sample) => {
  if (!state.forces.map.peek()) return;
  const item = state.hovered.peek()?.item ?? -1;
  commands.look(sample && latentAt(stage, state.latent, sample.x, sample.y, item));
});
bindKeyboard(actions, state, commands);
new ResizeObserver(() => stage.resize()).observe(root);

bindCloud(state, stage, cloud);
bindForces(state, commands, stage, cloud, forceLines);
bindSound(state, stage, player);
bindTheme(state, stage, cloud, palette);
const pictures = bindThumbnails(state, stage, cloud, atlas);
const updateTiles = bindTiles({ state, stage, cloud, pictures, connection: session.connection });
bindWake(commands);
(isSite ? bindSite : bindLink)(state, commands, stage);
// A finger turns the cloud until the user chooses another tool. Keys are shown after the first key.
if (window.matchMedia("(pointer: coarse)").matches) {
  state.tool.value = "orbit";
  state.keys.shown.value = false;
}
effect(() => stage.setOrbitWithLeft(state.tool.value === "orbit"));
const updateViewed = bindViewed({ state, stage, cloud, connection: session.connection });
const people = bindPeople({ state, stage, commands, connection: session.connection });
const updateAxes = bindAxes(state, stage, axisMarks);
const updateLayers = bindLayers(state, stage, atlas);
stage.beforeFrame = (stale) => {
  // First, because following moves the camera.
  const others = people.update(stale);
  const changed = stale || others;
  player.move(stage.listener());
  const tiles = updateTiles();
  pictures.step();
  updateLayers(changed);
  const shown = atlas.current?.step(stage.renderer) ?? false;
  const marked = updateAxes();
  const hulls = rules.update(changed);
  updateViewed(changed);
  return forceLines.update() || tiles || shown || marked || hulls || others;
};

void session.start();

if (new URLSearchParams(location.search).has("test"))
  void import("./app/test-hooks.js").then(({ installTestHooks }) =>
    installTestHooks({
      state,
      session,
      stage,
      commands,
      forceLines,
      people,
      cloud,
      tool: selectTool,
      player,
      xr,
      rules,
    }),
  );
