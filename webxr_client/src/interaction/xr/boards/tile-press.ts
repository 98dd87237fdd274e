/** How a hand presses tiles: by touch, trigger or pinch. At each press, the controller vibrates. */
import type { PaletteSide, Tile } from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import { HOVER_PULSE, LABEL_PULSE } from "../input/haptics.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { ClassNamer } from "../naming/class-namer.js";
import { RAY_LENGTH } from "../placement/dimensions.js";
import { BoardAim, type BoardsInRoom } from "./aim.js";
import { runTile } from "./run-tile.js";
import { scrub } from "./time-tiles.js";

export class TilePress {
  private readonly namer: ClassNamer;
  /** Finds the tile that the person looks at when the hand with the palette pinches. */
  private readonly gaze: BoardAim;

  /**
   * `world.endGestures`: called before the other hand becomes the hand that paints.
   * `world.upright` turns the cloud upright. `session` returns the running session of WebXR.
   */
  constructor(
    private readonly aim: BoardAim,
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly palette: { turnPage(): void; turnTo(side: PaletteSide): void },
    private readonly world: { endGestures(): void; upright(): void },
    session: () => XRSession | null,
    boards: BoardsInRoom,
  ) {
    this.gaze = new BoardAim(boards);
    this.namer = new ClassNamer(state, commands, palette, session);
  }

  /**
   * Find the tile that the hand touches or points at, and press a touched tile. Called once per
   * frame.
   *
   * @param rayLength length of the hand's ray, metres
   * @param busy whether the hand paints or holds a cluster; then no tile is pressed
   * @param pressing whether the hand's trigger was pressed at a board and is still held
   */
  update(hand: TrackedHand, rayLength: number, busy: boolean, pressing: boolean): void {
    const { aim } = this;
    const { aimed } = this.state.xr;
    if (!hand.tracked) {
      aim.forget();
      aimed.value = -1;
      return;
    }
    const before = aim.pointing.tile;
    const pressed = aim.update(hand, rayLength, busy);
    const { tile, touching, mode, across } = aim.pointing;
    aimed.value = tile?.action.kind === "class" ? tile.action.classId : -1;
    if (tile && tile !== before) hand.pulse(HOVER_PULSE, 12);
    if (tile?.action.kind === "scrub" && (touching || (pressing && mode === "ray"))) {
      scrub(tile, across, this.state, this.commands);
      return;
    }
    // A hand that is known only while it pinches has no fingertip that could touch a tile.
    if (!pressed || busy || hand.transient) return;
    this.state.xr.clearMessage();
    this.run(pressed, hand);
  }

  /**
   * Press the tile that the person looks at. Called when the hand that carries the palette pinches.
   * The ray of the hand's transient pointer (an input source that exists only during a pinch)
   * points at this tile. Returns whether there was a tile.
   */
  pressLookedAt(hand: TrackedHand): boolean {
    if (!hand.pointer) return false;
    this.gaze.update(hand, RAY_LENGTH, false);
    const { tile, mode } = this.gaze.pointing;
    this.gaze.forget();
    if (!tile || mode !== "ray") return false;
    this.run(tile, hand);
    return true;
  }

  /** Run the action of a tile, and give a pulse. */
  run(tile: Tile, hand: TrackedHand): void {
    if (tile.action.kind === "swap") this.world.endGestures();
    else if (tile.action.kind === "upright") this.world.upright();
    const strength = runTile(tile.action, this.state, this.commands, this.palette, this.namer);
    if (strength > 0) hand.pulse(strength, strength === LABEL_PULSE ? 60 : 25);
  }
}
