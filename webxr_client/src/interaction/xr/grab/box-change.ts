/**
 * Another box in the middle of VR: the server makes one when the cloud outgrows its own, and each part of the recording has one. Scene metres are
 * other ones then; what they said of the room, of the hand and of the brush is said in the new ones, so that a place of the latent space stays
 * where it is in the room.
 */
import { Matrix4 } from "three";
import type { LatentState } from "../../../state/latent-state.js";

/** The same box; another one round the same cloud; the same items in another number of dimensions; another cloud, or the first one. */
export type SceneChange = "same" | "box" | "dimension" | "cloud";

export class BoxChange {
  /** Scene metres before to scene metres now, and back. */
  readonly newFromOld = new Matrix4();
  readonly oldFromNew = new Matrix4();
  private readonly sceneFromLatent = new Matrix4();
  private readonly before = new Matrix4();
  private n = 0;
  private latentDim = 0;

  /** Take the scene as it is now. */
  read(latent: LatentState): SceneChange {
    const other = this.n === 0 || latent.n !== this.n;
    const turned = latent.latentDim !== this.latentDim;
    this.n = latent.n;
    this.latentDim = latent.latentDim;
    this.before.copy(this.sceneFromLatent);
    this.sceneFromLatent.fromArray(latent.sceneFromLatent());
    if (other) return "cloud";
    if (turned) return "dimension";
    if (this.before.equals(this.sceneFromLatent)) return "same";
    this.oldFromNew.copy(this.sceneFromLatent).invert().premultiply(this.before);
    this.newFromOld.copy(this.oldFromNew).invert();
    return "box";
  }
}
