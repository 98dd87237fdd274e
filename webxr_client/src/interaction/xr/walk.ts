/**
 * A walk in the latent space: the person picks two items, and a strip along the line between them
 * shows the pictures that the model decodes on that line.
 */
import { type Matrix4, Vector3 } from "three";
import { StripBoard } from "../../scene/xr/boards/strip-board.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { sceneMetres } from "../../state/latent-state.js";
import { pickForWalk } from "../walk-between.js";
import type { HeadPose } from "./placement/head-pose.js";
import { placeStrip } from "./placement/strip-placement.js";

const from = new Vector3();
const to = new Vector3();

/** The part of the controls that finds the item at the brush. */
interface BrushItem {
  readonly dominant: unknown;
  readonly brushShown: boolean;
  readonly pointing: { readonly mode: unknown };
  readonly brush: { query(): void; readonly hit: { readonly nearest: number } };
}

export class WalkDisplay {
  readonly strip: StripBoard;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly controls: BrushItem,
  ) {
    this.strip = new StripBoard(state);
  }

  /**
   * Pick the item at the brush of the hand, if a walk needs an item. Returns true if the walk has
   * handled the press, so that the press must have no other effect.
   */
  press(hand: unknown): boolean {
    const { controls, state } = this;
    const walk = state.forces.walk.peek();
    if (!walk || walk.to >= 0 || hand !== controls.dominant) return false;
    if (!controls.brushShown || controls.pointing.mode !== null) return false;
    controls.brush.query();
    const item = controls.brush.hit.nearest;
    if (item < 0 || item === walk.from) state.xr.message.value = "Hold the brush at an item.";
    else pickForWalk(item, state, this.commands);
    return true;
  }

  /** Place the strip. Called once per frame. */
  update(head: HeadPose, roomFromScene: Matrix4): void {
    const { strip } = this;
    const walk = this.state.forces.walk.value;
    strip.mesh.visible = walk !== null && walk.to >= 0;
    if (!walk || !strip.mesh.visible) return;
    this.locate(walk.from, from).applyMatrix4(roomFromScene);
    this.locate(walk.to, to).applyMatrix4(roomFromScene);
    strip.reversed.value = placeStrip(strip.mesh.matrix, head, from, to, strip.height);
    strip.mesh.matrixWorldNeedsUpdate = true;
  }

  /** Write the place of an item in scene metres into `out`. */
  private locate(item: number, out: Vector3): Vector3 {
    const { latent } = this.state;
    for (let axis = 0; axis < 3; axis++)
      out.setComponent(axis, sceneMetres(latent.to[4 * item + axis]!));
    return latent.latentDim === 2 ? out.setZ(0) : out;
  }

  dispose(): void {
    this.state.forces.walk.value = null;
    this.strip.dispose();
  }
}
