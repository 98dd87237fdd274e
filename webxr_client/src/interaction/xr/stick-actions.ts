/** Actions of thumbsticks and buttons: brush size, turn of the world, undo, redo, pause. */
import { Vector3 } from "three";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { pauseOrRun } from "./boards/run-tile.js";
import { turnAbout } from "./grab/transform.js";
import { Sticks } from "./input/sticks.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import type { XrSurroundings } from "./surroundings.js";

/** Angle by which a stick turns the world, radians. */
const TURN = Math.PI / 6;

export class StickActions {
  private readonly sticks = new Sticks();
  private readonly middle = new Vector3();

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly room: Pick<XrSurroundings, "roomFromScene">,
  ) {}

  /**
   * Read sticks and buttons of both hands. Called once per frame.
   *
   * @param seconds duration of the frame
   * @param painting whether a stroke of the brush is active
   * @param turnable false while a hand holds the world
   */
  frame(
    dominant: TrackedHand,
    other: TrackedHand,
    seconds: number,
    painting: boolean,
    turnable: boolean,
  ): void {
    const { xr } = this.state;
    const { roomFromScene } = this.room;
    const growth = this.sticks.growth(dominant, seconds);
    if (growth !== 1) {
      // While the brush selects a cluster, the stick changes the density threshold, not the radius.
      if (painting && xr.tool.value === "cluster") xr.setDensity(xr.density.value / growth);
      else xr.setRadius(xr.radius.value * growth);
    }
    const turn = this.sticks.turn(dominant, other, turnable);
    if (turn !== 0)
      turnAbout(roomFromScene, this.middle.setFromMatrixPosition(roomFromScene), turn * TURN);
    if (dominant.upperClicked) this.commands.undo();
    if (dominant.lowerClicked) this.commands.redo();
    if (other.stickClicked) pauseOrRun(this.state, this.commands);
  }
}
