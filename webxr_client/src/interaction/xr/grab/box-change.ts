/**
 * Change of the box in VR. The box is the part of the latent space that the position grid covers.
 * The server chooses another box when the cloud outgrows the current one, and each part of the
 * recording has a box of its own. The scale of scene metres changes with the box. Poses that are
 * stored in scene metres are converted, so that each point of the latent space stays at its place
 * in the room.
 */
import { Matrix4 } from "three";
import type { LatentState } from "../../../state/latent-state.js";

/**
 * Result of a comparison with the previous scene. `same`: the box is the same. `box`: another box
 * round the same cloud. `dimension`: the same items in another number of dimensions. `cloud`: other
 * items, or the first scene.
 */
export type SceneChange = "same" | "box" | "dimension" | "cloud";

export class BoxChange {
  /** Converts scene metres of the previous box into scene metres of the current box. */
  readonly newFromOld = new Matrix4();
  /** The inverse of `newFromOld`. */
  readonly oldFromNew = new Matrix4();
  private readonly sceneFromLatent = new Matrix4();
  private readonly previousSceneFromLatent = new Matrix4();
  private n = 0;
  private latentDim = 0;

  /** Read the current scene and compare it with the previous one. */
  read(latent: LatentState): SceneChange {
    const other = this.n === 0 || latent.n !== this.n;
    const turned = latent.latentDim !== this.latentDim;
    this.n = latent.n;
    this.latentDim = latent.latentDim;
    this.previousSceneFromLatent.copy(this.sceneFromLatent);
    this.sceneFromLatent.fromArray(latent.sceneFromLatent());
    if (other) return "cloud";
    if (turned) return "dimension";
    if (this.previousSceneFromLatent.equals(this.sceneFromLatent)) return "same";
    this.oldFromNew.copy(this.sceneFromLatent).invert().premultiply(this.previousSceneFromLatent);
    this.newFromOld.copy(this.oldFromNew).invert();
    return "box";
  }
}
