/**
 * Gestures of the hands in VR. Trigger or pinch paints. Grip, or a pinch in empty space, grabs the
 * world. Grip or pinch on selected items grabs the selected items, called the cluster. The palette
 * is near one hand. The other hand paints, and touches the palette or points at it. This module
 * draws nothing.
 */
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { BoardAim } from "./boards/aim.js";
import type { BoardPointing } from "./boards/board-pointing.js";
import { TilePress } from "./boards/tile-press.js";
import { BrushStroke } from "./brush/brush-stroke.js";
import { HandBrush } from "./brush/hand-brush.js";
import type { SceneChange } from "./grab/box-change.js";
import type { ClusterGrab } from "./grab/cluster-grab.js";
import { ClusterHold } from "./grab/cluster-hold.js";
import { Grasps } from "./grab/grasps.js";
import { scaleOf } from "./grab/transform.js";
import type { WorldGrab } from "./grab/world-grab.js";
import { HandActivities } from "./input/hand-activity.js";
import { ENTER_PULSE, HOVER_PULSE, LABEL_PULSE } from "./input/haptics.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import type { InputListener } from "./input/xr-inputs.js";
import { rayLengthOf } from "./placement/dimensions.js";
import { SceneChanges } from "./scene-changes.js";
import { StickActions } from "./stick-actions.js";
import type { XrSurroundings } from "./surroundings.js";

export class XrControls implements InputListener {
  readonly stroke: BrushStroke;
  readonly brush: HandBrush;
  /** Whether the brush is drawn: the hand is tracked and not near a board. */
  brushShown = false;

  private readonly boards: BoardAim;
  private readonly tiles: TilePress;
  private readonly cluster: ClusterHold;
  readonly grasps: Grasps;
  private readonly world: WorldGrab;
  readonly scenes: SceneChanges;
  private readonly sticks: StickActions;
  private readonly activities = new HandActivities();
  private now = 0;

  constructor(
    private readonly state: AppState,
    commands: Commands,
    private readonly hands: { readonly left: TrackedHand; readonly right: TrackedHand },
    private readonly room: XrSurroundings,
  ) {
    this.boards = new BoardAim(room);
    const { palette } = room;
    const session = () => room.session?.() ?? null;
    const world = { endGestures: () => this.endAll(), upright: () => this.grasps.upright() };
    this.tiles = new TilePress(this.boards, state, commands, palette, world, session, room);
    this.sticks = new StickActions(state, commands, room);
    this.stroke = new BrushStroke(state);
    this.brush = new HandBrush(state);
    this.cluster = new ClusterHold(state, commands, (items) => room.showGrabbed(items));
    this.grasps = new Grasps(state, this.cluster, room);
    this.world = this.grasps.world;
    this.scenes = new SceneChanges(state, room, this.world, this.grab, this.stroke);
  }

  /**
   * The hand that paints: the chosen hand, or the other hand if only the other hand is connected.
   */
  get dominant(): TrackedHand {
    const { left, right } = this.hands;
    const chosen = this.state.xr.dominant.value === "left" ? left : right;
    const other = chosen === left ? right : left;
    return chosen.source === null && other.source !== null ? other : chosen;
  }

  /** The hand that does not paint. */
  get other(): TrackedHand {
    return this.dominant === this.hands.left ? this.hands.right : this.hands.left;
  }

  /** Motion of the points of a grabbed cluster. */
  get grab(): ClusterGrab {
    return this.cluster.grab;
  }

  /** Whether a hand holds a cluster. */
  get holding(): boolean {
    return this.cluster.grab.held;
  }

  /** Board and tile that the dominant hand touches or points at. */
  get pointing(): BoardPointing {
    return this.boards.pointing;
  }

  /** Whether the dominant hand touches or points at the contact sheet. */
  get onSheet(): boolean {
    return this.boards.onSheet;
  }

  /** Whether the dominant hand is near the palette, so that the palette has to hold still. */
  get atPalette(): boolean {
    return this.pointing.near && !this.onSheet;
  }

  /** Whether a new stroke removes items from the selection. */
  get subtracting(): boolean {
    return this.activities.handAt("subtracting") !== null || this.state.xr.subtract.value;
  }

  // InputListener --------------------------------------------------------------------------------

  connected(): void {
    this.boards.forget();
  }

  disconnected(hand: TrackedHand): void {
    this.endGestures(hand, "was disconnected");
  }

  press(hand: TrackedHand): void {
    if (this.state.latent.n === 0) return;
    this.state.xr.clearMessage();
    if (hand === this.cluster.hand) return; // the hand already holds the cluster
    if (this.grasps.rule?.join(hand)) return;
    if (hand !== this.dominant) {
      if (!hand.bare) this.activities.begin(hand.side, "subtracting");
      else if (!this.isAtCluster(hand) && this.tiles.pressLookedAt(hand))
        this.activities.begin(hand.side, "pressing");
      else if (!this.restsAtPalette(hand)) this.grasp(hand);
      return;
    }
    if (hand.pointer) this.readPointer(hand);
    const { pointing, onSheet } = this;
    if (pointing.tile && (pointing.mode === "ray" || hand.transient)) {
      this.activities.begin(hand.side, "pressing");
      this.tiles.run(pointing.tile, hand);
      return;
    }
    if (pointing.near || (onSheet && pointing.mode === "ray")) {
      this.activities.begin(hand.side, "pressing");
      const pinched = onSheet ? pointing.pinch() : null;
      if (pinched) this.tiles.run(pinched, hand);
      return;
    }
    this.locate(hand);
    if (hand.bare) {
      this.brush.query();
      // A pinch on selected items grabs the cluster, unless the brush subtracts.
      if (this.isAtCluster(hand) ? !this.subtracting : this.brush.hit.count === 0) {
        this.grasp(hand);
        return;
      }
    }
    if (this.brush.hit.count === 0 && this.grasps.rule?.take(hand)) return;
    this.state.rules.chosen.value = 0; // the next class is for the painted items
    this.activities.begin(hand.side, "painting");
    this.brush.beginStroke();
    this.stroke.begin(this.brush.centre, this.brush.radius, this.subtracting, this.now);
    this.freezeOrThaw();
    hand.pulse(HOVER_PULSE, 15);
  }

  release(hand: TrackedHand): void {
    const activity = this.activities.end(hand.side);
    if (!this.grasps.rule?.release(hand) && activity === "painting") {
      this.locate(hand);
      this.stroke.end(this.brush.painted, this.brush.radius, this.now);
      this.freezeOrThaw();
    }
    if (hand.bare && activity !== "pressing") this.letGo(hand);
  }

  cancel(hand: TrackedHand): void {
    this.endGestures(hand, "was interrupted");
  }

  squeeze(hand: TrackedHand): void {
    if (this.state.latent.n === 0) return;
    this.state.xr.clearMessage();
    this.grasp(hand);
  }

  unsqueeze(hand: TrackedHand): void {
    this.letGo(hand);
  }

  // Each frame -----------------------------------------------------------------------------------

  /**
   * Advance all gestures by one frame, `seconds` after the previous frame. A frame in which nothing
   * happens allocates nothing. Signals are therefore read by `value` instead of `peek`: `peek`
   * allocates a function at each call, and `value` has no side effect outside of effects.
   */
  frame(now: number, seconds: number): void {
    this.now = now;
    const { dominant, other } = this;
    if (dominant.isLost(now)) this.endGestures(dominant, "was lost from view");
    if (other.isLost(now)) this.endGestures(other, "was lost from view");
    this.sticks.frame(dominant, other, seconds, this.stroke.active, !this.world.active);
    this.grasps.frame(now, seconds, dominant, other);
    if (this.grasps.continue(dominant, true)) this.freezeOrThaw();
    if (this.grasps.continue(other, !this.restsAtPalette(other))) this.freezeOrThaw();
    this.world.update(this.room.roomFromScene);
    this.cluster.update(now, this.room.roomFromScene);
    const busy = this.stroke.active || this.holding;
    const pressing = this.activities.of(dominant.side) === "pressing";
    this.tiles.update(dominant, this.rayLength(dominant), busy, pressing);
    const painting = this.activities.handAt("painting");
    const brushing = painting ? this.hands[painting] : dominant;
    if (!brushing.tracked) {
      this.brushShown = false;
      return;
    }
    this.locate(brushing);
    this.brushShown = !this.pointing.near;
    const { brush, stroke } = this;
    if (stroke.active && stroke.move(brush.painted, brush.radius, now))
      brush.takeOver(stroke.hit, now);
    if (brush.refresh(now, this.brushShown) && !this.holding) brushing.pulse(ENTER_PULSE, 8);
  }

  /**
   * Adapt to another scene, and return what has changed. After a change of items or of the number
   * of dimensions, old places have no meaning: all gestures end, and the caller has to place the
   * world again.
   */
  sceneChanged(): SceneChange {
    const change = this.scenes.read();
    if (change === "cloud" || change === "dimension") {
      this.endAll();
      this.grab.drop();
      this.brush.clear();
    }
    return change;
  }

  /** Draw the grabbed items in the hand again, after a new scene has replaced all points. */
  showInHand(): void {
    this.cluster.show();
  }

  /** End all gestures, because the headset has paused or recentred the session. */
  interrupt(): void {
    this.grasps.interrupt();
    this.endAll("was interrupted by the headset");
  }

  /**
   * End the gestures of both hands. Painted items stay selected. `why` completes the message "The
   * right hand ..."; with "", no message is shown.
   */
  endAll(why = ""): void {
    const { left, right } = this.hands;
    this.endGestures(left, why);
    this.endGestures(right, why);
    // A release while VR is hidden sends no event. Forget the press, so that the next one counts.
    left.pressed = left.squeezed = right.pressed = right.squeezed = false;
    this.boards.forget();
  }

  // ----------------------------------------------------------------------------------------------

  /**
   * Find what the person looks at. The ray of a transient pointer is known only from the moment of
   * the pinch, so no earlier frame has found the board on this ray.
   */
  private readPointer(hand: TrackedHand): void {
    this.locate(hand);
    this.brush.query();
    this.boards.update(hand, this.rayLength(hand), this.stroke.active || this.holding);
  }

  private locate(hand: TrackedHand): void {
    const { roomFromScene } = this.room;
    this.brush.locate(hand, roomFromScene, scaleOf(roomFromScene), this.now);
  }

  /** Grab the cluster if the hand is in the cluster; otherwise grab the world. */
  private grasp(hand: TrackedHand): void {
    if (this.activities.of(hand.side) === "painting") return;
    this.grasps.begin(hand);
    this.freezeOrThaw();
  }

  private isAtCluster(hand: TrackedHand): boolean {
    return this.cluster.isWithinReach(hand, this.room.roomFromScene);
  }

  /** Whether a bare hand only carries the palette: the other hand paints or is at the palette. */
  private restsAtPalette(hand: TrackedHand): boolean {
    if (hand === this.dominant || !hand.bare) return false;
    return this.activities.of(this.dominant.side) === "painting" || this.atPalette;
  }

  /**
   * Release the cluster and the world. A cluster released over a class tile is labelled; a cluster
   * released in free space is pinned.
   */
  private letGo(hand: TrackedHand): void {
    if (this.cluster.hand === hand) {
      const { tile } = this.pointing;
      const onClass = tile?.action.kind === "class" && hand === this.dominant;
      if (onClass) this.tiles.run(tile, hand);
      if (!onClass && !this.pointing.near && this.cluster.pin()) hand.pulse(LABEL_PULSE, 40);
      else this.cluster.release(this.now);
    }
    this.grasps.end(hand);
    this.freezeOrThaw();
  }

  /**
   * Freeze the points while a hand paints, holds the world, or holds a cluster, so that a label
   * applies to the points as the person sees them. If the model follows a held cluster, the points
   * are not frozen, because the neighbours of the cluster have to move too.
   */
  private freezeOrThaw(): void {
    const held = this.cluster.hand ? !this.cluster.pulls : this.world.active;
    const { freezing } = this.state.latent;
    if (this.stroke.active || held) freezing.add("gesture");
    else freezing.delete("gesture");
  }

  /**
   * End a hand's gestures. `why` completes the message "The right hand ..."; with "", no message is
   * shown.
   */
  private endGestures(hand: TrackedHand, why: string): void {
    const activity = this.activities.end(hand.side);
    let what = "";
    if (activity === "painting") {
      this.stroke.cancel();
      what = "its painted items stay selected";
    }
    if (hand === this.cluster.hand) {
      this.cluster.release(this.now);
      what = "the cluster returned to its place";
    }
    this.grasps.end(hand);
    this.freezeOrThaw();
    if (!what || !why) return;
    const name = hand.bare ? "hand" : "controller";
    this.state.xr.message.value = `The ${hand.side} ${name} ${why}: ${what}.`;
  }

  /** Length of a hand's ray, metres. The ray is shorter while the brush contains points. */
  private rayLength(hand: TrackedHand): number {
    return rayLengthOf(this.cluster.hand === hand, this.brush.hit.count);
  }
}
