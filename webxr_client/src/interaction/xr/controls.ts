/**
 * What hands do in VR. Trigger or pinch paints; grip, or pinch in empty space, holds the world; grip or pinch on what is selected holds the
 * cluster; the palette on the other hand is touched or pointed at. Knows nothing of how anything is drawn.
 */
import { Matrix4, Vector3 } from "three";
import type { Tick } from "../../protocol/messages.js";
import {
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  type Tile,
} from "../../scene/xr/boards/palette-layout.js";
import { SHEET_HEIGHT, SHEET_WIDTH } from "../../scene/xr/boards/sheet-layout.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { BoardPointing } from "./boards/board-pointing.js";
import { pauseOrRun, runTile } from "./boards/run-tile.js";
import { type BrushHit, queryBrush } from "./brush/brush-query.js";
import { BrushStroke } from "./brush/brush-stroke.js";
import { BoxChange, type SceneChange } from "./grab/box-change.js";
import { ClusterPull } from "./grab/cluster-drag.js";
import { ClusterGrab } from "./grab/cluster-grab.js";
import { scaleOf, turnAbout } from "./grab/transform.js";
import { WorldHold } from "./grab/world-grab.js";
import { ENTER_PULSE, HOVER_PULSE, LABEL_PULSE } from "./input/haptics.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import type { InputListener } from "./input/xr-inputs.js";

/** What hands act on. */
export interface XrSurroundings {
  /** Scene metres to room metres. */
  readonly world: Matrix4;
  /** The palette's own metres to the room's, and what is on it. */
  readonly palette: {
    readonly mesh: { readonly matrix: Matrix4 };
    readonly tiles: readonly Tile[];
    turnPage(): void;
    turnTo(side: PaletteSide): void;
  };
  /** A contact sheet, where one is open. */
  readonly sheet: {
    readonly mesh: { readonly matrix: Matrix4; visible: boolean };
    readonly tiles: readonly Tile[];
  };
  /** Items that are in the hand; none: they are back. */
  showGrabbed(items: Uint32Array): void;
}

/** Milliseconds that a hand may be out of sight before what it did is ended. */
const LOST_MS = 350;
const STICK_DEAD = 0.2;
const STICK_TURN = 0.7;
const STICK_REST = 0.3;
const TURN = Math.PI / 6;
/** How quickly a stick that is pushed all the way changes a size, by the second: e to this. */
const STICK_RATE = 1.6;
/** Metres about the brush in which a selected item can be taken hold of, whatever its size. */
const GRASP = 0.03;
const LOOK_MS = 90;
/** Millimetres of the timeline within which a gesture's mark is met. */
const SNAP = 3;
const NOTHING = new Uint32Array(0);
/** Metres within which a ray that meets a board means it, even if the brush holds points; and if the hand holds a cluster, which ends before it. */
const BOARD_NEAR = 0.35;
const DROP_NEAR = 0.25;

export class XrControls implements InputListener {
  /** How the points are moved that the hand holds. */
  readonly cluster = new ClusterGrab();
  /** What the hand is at: the palette, or the sheet. */
  pointing: BoardPointing;
  readonly stroke: BrushStroke;
  /** The brush in scene metres, and what it holds, looked at a few times a second. */
  readonly brush = new Vector3();
  brushRadius = 0;
  readonly under: BrushHit = { count: 0, nearest: -1 };
  /** When it last looked, ms. */
  lookedAt = 0;
  /** Whether the brush is to be seen: there is a hand for it, and it is not at the palette. */
  brushShown = false;

  private readonly atPalette = new BoardPointing(PALETTE_WIDTH, PALETTE_HEIGHT);
  private readonly atSheet = new BoardPointing(SHEET_WIDTH, SHEET_HEIGHT);
  private readonly hold = new WorldHold();
  private readonly pull: ClusterPull;
  private readonly boxes = new BoxChange();
  // Which hand does what: the one that began it ends it, whichever hand paints by then.
  private painting: TrackedHand | null = null;
  private grabbing: TrackedHand | null = null;
  private modifying: TrackedHand | null = null;
  private pressing: TrackedHand | null = null;
  /** Items of the cluster, while one is held. */
  private inHand: Uint32Array = NOTHING;
  private turned = false;
  private now = 0;
  private readonly inverse = new Matrix4();
  private readonly middle = new Vector3();
  private readonly grasped: BrushHit = { count: 0, nearest: -1 };

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly hands: { readonly left: TrackedHand; readonly right: TrackedHand },
    private readonly room: XrSurroundings,
  ) {
    this.pointing = this.atPalette;
    this.stroke = new BrushStroke(state);
    this.pull = new ClusterPull(state, commands);
    this.boxes.read(state.latent);
  }

  /** The hand that paints: the chosen one, or the only one there is. */
  get dominant(): TrackedHand {
    const { left, right } = this.hands;
    const chosen = this.state.xr.dominant.value === "left" ? left : right;
    const other = chosen === left ? right : left;
    return chosen.source === null && other.source !== null ? other : chosen;
  }

  get other(): TrackedHand {
    return this.dominant === this.hands.left ? this.hands.right : this.hands.left;
  }

  /** Items in the hand. */
  get holding(): boolean {
    return this.cluster.held;
  }

  get onSheet(): boolean {
    return this.pointing === this.atSheet;
  }

  get subtracting(): boolean {
    return this.modifying !== null || this.state.xr.subtract.value;
  }

  // InputListener ----------------------------------------------------------------------------------------------------

  connected(): void {
    this.forgetBoards();
  }

  disconnected(hand: TrackedHand): void {
    this.endGestures(hand, "is gone");
  }

  press(hand: TrackedHand): void {
    if (this.state.latent.n === 0) return;
    this.clearMessage();
    if (hand === this.grabbing) return; // it is full
    if (hand !== this.dominant) {
      if (!hand.bare) this.modifying = hand;
      else this.grasp(hand);
      return;
    }
    if (this.pointing.tile && this.pointing.how === "ray") {
      this.pressing = hand;
      this.run(this.pointing.tile, hand);
      return;
    }
    if (this.pointing.near || (this.onSheet && this.pointing.how === "ray")) {
      this.pressing = hand;
      const pinched = this.onSheet ? this.pointing.pinch() : null;
      if (pinched) this.run(pinched, hand);
      return;
    }
    this.locate(hand);
    if (hand.bare) {
      queryBrush(this.state.latent, this.brush, this.brush, this.brushRadius, this.under);
      const onSelected = this.graspable(hand);
      // What is selected is taken hold of, or taken away.
      if (onSelected ? !this.subtracting : this.under.count === 0) {
        this.grasp(hand);
        return;
      }
    }
    this.painting = hand;
    this.stroke.begin(this.brush, this.brushRadius, this.subtracting, this.now);
    this.freezeOrThaw();
    hand.pulse(HOVER_PULSE, 15);
  }

  release(hand: TrackedHand): void {
    if (hand === this.modifying) this.modifying = null;
    if (hand === this.pressing) {
      this.pressing = null;
      return;
    }
    if (hand === this.painting) {
      this.painting = null;
      this.locate(hand);
      this.stroke.end(this.brush, this.brushRadius, this.now);
      this.freezeOrThaw();
    }
    if (hand.bare) this.letGo(hand);
  }

  squeeze(hand: TrackedHand): void {
    if (this.state.latent.n === 0) return;
    this.clearMessage();
    this.grasp(hand);
  }

  unsqueeze(hand: TrackedHand): void {
    this.letGo(hand);
  }

  // Each frame -------------------------------------------------------------------------------------------------------

  /**
   * `seconds`: since the last frame. Nothing is allocated unless something happens. What is read of signals in every frame is read as their value:
   * nobody subscribes here, outside of effects, and `peek` makes a function each time.
   */
  frame(now: number, seconds: number): void {
    this.now = now;
    const { dominant, other } = this;
    this.watch(dominant, now);
    this.watch(other, now);
    this.readSticks(dominant, other, seconds);
    this.hold.update(this.room.world);
    const grabbing = this.grabbing;
    if (this.cluster.update(now, grabbing?.tracked ? grabbing.pose : null, this.room.world))
      this.room.showGrabbed(NOTHING);
    if (this.cluster.held) this.pull.follow(this.cluster.moved, now);
    this.point(dominant);
    const brushing = this.painting ?? dominant;
    if (!brushing.tracked) {
      this.brushShown = false;
      return;
    }
    this.locate(brushing);
    this.brushShown = !this.pointing.near;
    if (this.stroke.active && this.stroke.move(this.brush, this.brushRadius, now)) {
      // It has just looked: once is enough.
      this.under.count = this.stroke.hit.count;
      this.under.nearest = this.stroke.hit.nearest;
      this.lookedAt = now;
    }
    if (now - this.lookedAt < LOOK_MS) return;
    this.lookedAt = now;
    const before = this.under.count;
    if (this.brushShown)
      queryBrush(this.state.latent, this.brush, this.brush, this.brushRadius, this.under);
    else {
      this.under.count = 0;
      this.under.nearest = -1;
    }
    if (before === 0 && this.under.count > 0 && !this.cluster.held) brushing.pulse(ENTER_PULSE, 8);
  }

  /**
   * Another scene is shown. In another box the cloud stays where it is in the room, and in the hand. A map of two dimensions and one of three
   * have no place in common: what was held is let go, and it is to be placed anew.
   */
  sceneChanged(): SceneChange {
    const { latent, xr } = this.state;
    const change = this.boxes.read(latent);
    const { newFromOld, oldFromNew } = this.boxes;
    if (change === "box") {
      this.room.world.multiply(oldFromNew);
      this.hold.renew(this.room.world);
      this.cluster.carry(newFromOld, oldFromNew);
      this.stroke.carry(newFromOld);
    }
    if (change === "cloud" || change === "dimension") {
      this.endAll();
      this.cluster.drop();
      this.under.count = 0;
      this.under.nearest = -1;
      if (change === "dimension")
        xr.message.value = `The map has ${latent.latentDim} dimensions now: it stands before you anew.`;
    }
    return change;
  }

  /** Of the last change of box: by how much a length of the latent space is shorter in scene metres than before. */
  get boxRatio(): number {
    return this.boxes.newFromOld.elements[0] as number;
  }

  /** Show what is in the hand, after the cloud was given new arrays. */
  showInHand(): void {
    this.room.showGrabbed(this.cluster.held ? this.inHand : NOTHING);
  }

  /** VR is hidden or over: nothing is held any more, and nothing is lost. */
  endAll(): void {
    const { left, right } = this.hands;
    this.endGestures(left, "");
    this.endGestures(right, "");
    // Who let go meanwhile may never have been told of it; the next press is to count.
    left.pressed = left.squeezed = right.pressed = right.squeezed = false;
    this.forgetBoards();
  }

  // ------------------------------------------------------------------------------------------------------------------

  private locate(hand: TrackedHand): void {
    const { world } = this.room;
    this.brush.copy(hand.brush).applyMatrix4(this.inverse.copy(world).invert());
    this.brushRadius = this.state.xr.radius.value / scaleOf(world);
  }

  /** Take hold of what is there: the cluster, if the hand is in it, else the world. */
  private grasp(hand: TrackedHand): void {
    if (hand === this.painting) return;
    if (!this.cluster.active && this.graspable(hand)) {
      this.grabbing = hand;
      this.cluster.take(hand.pose, this.room.world);
      this.inHand = this.state.selection.peek().items;
      this.pull.take(this.inHand);
      this.room.showGrabbed(this.inHand);
      hand.pulse(0.5, 30);
    } else this.hold.take(hand, this.room.world);
    this.freezeOrThaw();
  }

  /** Whether the hand's brush holds something selected. */
  private graspable(hand: TrackedHand): boolean {
    const { items, tool } = this.state.selection.peek();
    // What a sheet shows lies all over the cloud: it is no cluster.
    if (items.length === 0 || tool === "sheet") return false;
    const { world } = this.room;
    const radius = Math.max(GRASP, this.state.xr.radius.peek()) / scaleOf(world);
    const at = this.middle.copy(hand.brush).applyMatrix4(this.inverse.copy(world).invert());
    queryBrush(this.state.latent, at, at, radius, this.grasped, null, items);
    return this.grasped.count > 0;
  }

  private letGo(hand: TrackedHand): void {
    if (this.grabbing === hand) {
      const { tile } = this.pointing;
      const onClass = tile?.action.kind === "class" && hand === this.dominant;
      if (onClass) this.run(tile, hand);
      // Let go in space, it stays there as an anchor; over a class, or where it was, it goes back.
      const atPalette = this.pointing.how === "touch";
      if (!onClass && !atPalette && this.pull.release(this.cluster.moved)) {
        this.grabbing = null;
        this.cluster.drop();
        this.room.showGrabbed(NOTHING);
        hand.pulse(LABEL_PULSE, 40);
      } else this.dropCluster();
    }
    this.hold.letGo(hand, this.room.world);
    this.freezeOrThaw();
  }

  private dropCluster(): void {
    this.grabbing = null;
    this.pull.cancel();
    this.cluster.release(this.now);
  }

  /** Points stand still while anything is painted or held: a label hits what was seen. Beside a cluster that the hand pulls they move: they follow it. */
  private freezeOrThaw(): void {
    const held = this.grabbing ? !this.pull.active : this.hold.active;
    this.state.latent.frozen = this.stroke.active || held;
  }

  private watch(hand: TrackedHand, now: number): void {
    if (hand.source === null || hand.lostSince === 0 || now - hand.lostSince < LOST_MS) return;
    this.endGestures(hand, "was lost from view");
  }

  /** End what a hand is at, if anything. `why` completes "The right hand ...", for the person; "" says nothing. */
  private endGestures(hand: TrackedHand, why: string): void {
    if (hand === this.modifying) this.modifying = null;
    if (hand === this.pressing) this.pressing = null;
    let what = "";
    if (hand === this.painting) {
      this.painting = null;
      this.stroke.cancel();
      what = "what it painted stays selected";
    }
    if (hand === this.grabbing) {
      this.dropCluster();
      what = "the cluster went back";
    }
    this.hold.letGo(hand, this.room.world);
    this.freezeOrThaw();
    if (what && why)
      this.state.xr.message.value = `The ${hand.side} ${hand.bare ? "hand" : "controller"} ${why}: ${what}.`;
  }

  private readSticks(dominant: TrackedHand, other: TrackedHand, seconds: number): void {
    const { xr } = this.state;
    const push = dominant.stickY;
    if (Math.abs(push) > STICK_DEAD) {
      // Up is more: a larger brush, or, while a cluster grows, one that takes thinner places in too.
      const factor = Math.exp(-push * STICK_RATE * seconds);
      if (this.stroke.active && xr.tool.value === "cluster")
        xr.setDensity(xr.density.value / factor);
      else xr.setRadius(xr.radius.value * factor);
    }
    const side = Math.abs(other.stickX) > Math.abs(dominant.stickX) ? other : dominant;
    const across = side.stickX;
    // One that is pushed up is not meant to turn anything, however much it leans.
    const sideways = Math.abs(across) > STICK_TURN && Math.abs(across) > Math.abs(side.stickY);
    if (Math.abs(across) < STICK_REST) this.turned = false;
    else if (sideways && !this.turned && !this.hold.active) {
      this.turned = true;
      this.middle.setFromMatrixPosition(this.room.world);
      turnAbout(this.room.world, this.middle, across > 0 ? TURN : -TURN);
    }
    if (dominant.upperClicked) this.commands.undo();
    if (dominant.lowerClicked) this.commands.redo();
    if (other.stickClicked) pauseOrRun(this.state, this.commands);
  }

  private point(hand: TrackedHand): void {
    if (!hand.tracked) {
      this.forgetBoards();
      return;
    }
    const before = this.pointing.tile;
    const pressed = this.aim(hand);
    if (this.pointing.tile && this.pointing.tile !== before) hand.pulse(HOVER_PULSE, 12);
    const scrubbing = this.pointing.tile?.action.kind === "scrub";
    if (
      scrubbing &&
      (this.pointing.touching || (this.pressing === hand && this.pointing.how === "ray"))
    ) {
      this.scrub();
      return;
    }
    if (pressed && !this.stroke.active && !this.cluster.held) {
      this.clearMessage();
      this.run(pressed, hand);
    }
  }

  /** Finds the board the hand is at: the one it is near, else the first that its ray meets. Returns the tile that was touched. */
  private aim(hand: TrackedHand): Tile | null {
    const { palette, sheet } = this.room;
    const { atPalette, atSheet } = this;
    const { touch, rayOrigin, rayDirection } = hand;
    const pressed = atPalette.update(
      palette.mesh.matrix,
      palette.tiles,
      touch,
      rayOrigin,
      rayDirection,
    );
    if (!this.means(atPalette, hand)) atPalette.forget();
    this.pointing = atPalette;
    if (!sheet.mesh.visible || atPalette.near || this.stroke.active || this.cluster.held) {
      atSheet.forget();
      return pressed;
    }
    const onSheet = atSheet.update(sheet.mesh.matrix, sheet.tiles, touch, rayOrigin, rayDirection);
    if (atSheet.how === null) return pressed;
    const met = atPalette.how === null || atSheet.distance < atPalette.distance;
    if (!atSheet.near && !(met && this.means(atSheet, hand))) return pressed;
    this.pointing = atSheet;
    return onSheet;
  }

  /** Whether a hand at a board means it. One that holds points, in its brush or as a cluster, means these, and not a board far behind them. */
  private means(board: BoardPointing, hand: TrackedHand): boolean {
    if (board.how !== "ray") return true;
    if (this.grabbing === hand) return board.distance < DROP_NEAR;
    return this.under.count === 0 || board.distance < BOARD_NEAR;
  }

  private forgetBoards(): void {
    this.atPalette.forget();
    this.atSheet.forget();
    this.pointing = this.atPalette;
  }

  /** To the moment at which the hand is on the timeline. */
  private scrub(): void {
    const { tile, across } = this.pointing;
    if (!tile) return;
    const { time } = this.state;
    const share = Math.min(1, Math.max(0, (across - tile.x - 8) / (tile.width - 16)));
    const last = time.last.value;
    const near = (SNAP / (tile.width - 16)) * last;
    let moment = Math.round(share * last);
    // Beside a gesture's mark, the gesture is meant.
    const ticks = time.timeline.value?.ticks;
    for (let k = 0; ticks && k < ticks.length; k++) {
      const tick = (ticks[k] as Tick).moment;
      if (Math.abs(tick - share * last) >= near) continue;
      moment = tick;
      break;
    }
    if (time.live.value ? moment < time.last.value : moment !== time.moment.value)
      this.commands.goTo(moment);
  }

  private run(tile: Tile, hand: TrackedHand): void {
    if (tile.action.kind === "swap") this.endAll();
    const strength = runTile(tile.action, this.state, this.commands, this.room.palette);
    if (strength > 0) hand.pulse(strength, strength === LABEL_PULSE ? 60 : 25);
  }

  private clearMessage(): void {
    if (this.state.xr.message.peek()) this.state.xr.message.value = "";
  }
}
