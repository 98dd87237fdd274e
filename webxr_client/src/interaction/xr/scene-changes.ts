/**
 * Adaptation of the hands' gestures to another scene. If only the box of the scene has changed, the
 * cloud keeps its place in the room, and a grabbed cluster stays in the hand. (The box is the part
 * of the latent space that the scene shows as a cube of 1 m.)
 */
import type { AppState } from "../../state/app-state.js";
import type { BrushStroke } from "./brush/brush-stroke.js";
import { BoxChange, type SceneChange } from "./grab/box-change.js";
import type { ClusterGrab } from "./grab/cluster-grab.js";
import type { WorldGrab } from "./grab/world-grab.js";
import type { XrSurroundings } from "./surroundings.js";

export class SceneChanges {
  private readonly boxes = new BoxChange();

  constructor(
    private readonly state: AppState,
    private readonly room: Pick<XrSurroundings, "roomFromScene">,
    private readonly world: WorldGrab,
    private readonly grab: ClusterGrab,
    private readonly stroke: BrushStroke,
  ) {
    this.boxes.read(state.latent);
  }

  /**
   * Factor that converts lengths from scene metres of the previous box to scene metres of the
   * current box.
   */
  get boxRatio(): number {
    return this.boxes.newFromOld.elements[0]!;
  }

  /** Compare the current scene with the previous one, and adapt the gestures to another box. */
  read(): SceneChange {
    const { latent, xr } = this.state;
    const change = this.boxes.read(latent);
    const { newFromOld, oldFromNew } = this.boxes;
    if (change === "box") {
      this.room.roomFromScene.multiply(oldFromNew);
      this.world.renew(this.room.roomFromScene);
      this.grab.carry(newFromOld, oldFromNew);
      this.stroke.carry(newFromOld);
    }
    if (change === "dimension")
      xr.message.value = `The map now has ${latent.latentDim} dimensions. It is in front of you.`;
    return change;
  }
}
