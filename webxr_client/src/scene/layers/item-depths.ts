/** Depths of the items on the page. A hull that is moved there gets the depth of the items. */
import { type Camera, Matrix4, Vector3 } from "three";
import { type LatentState, sceneMetres } from "../../state/latent-state.js";

/** Largest number of items that are read. */
const SAMPLES = 20_000;
/** Smallest number of items that determine a depth. */
const LEAST_ITEMS = 3;

const clip = new Matrix4();
const item = new Vector3();

export class ItemDepths {
  /** Places of the items, three numbers each, normalised device coordinates. */
  private places: number[] = [];
  private readonly clip = new Matrix4();

  constructor(private readonly latent: LatentState) {}

  /** Forget the places, because the items can have moved. */
  forget(): void {
    this.clip.set(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** Compute the places, unless they are known for this view. */
  read(camera: Camera): void {
    const { latent, places } = this;
    clip.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
    if (clip.equals(this.clip)) return;
    this.clip.copy(clip);
    places.length = 0;
    const every = Math.max(1, Math.ceil(latent.n / SAMPLES));
    for (let at = 0; at < 4 * latent.n; at += 4 * every) {
      if (latent.to[at + 3] !== 0) continue; // the item is absent
      for (let axis = 0; axis < 3; axis++)
        item.setComponent(axis, sceneMetres(latent.to[at + axis]!));
      item.applyMatrix4(clip);
      if (Math.abs(item.z) <= 1) places.push(item.x, item.y, item.z);
    }
  }

  /**
   * Median depth of the items in an ellipse; null for less than LEAST_ITEMS items. All arguments
   * and the result are normalised device coordinates.
   */
  at(x: number, y: number, width: number, height: number): number | null {
    const { places } = this;
    const depths: number[] = [];
    for (let k = 0; k < places.length; k += 3)
      if (Math.hypot((places[k]! - x) / width, (places[k + 1]! - y) / height) < 1)
        depths.push(places[k + 2]!);
    return depths.length < LEAST_ITEMS ? null : depths.sort((a, b) => a - b)[depths.length >> 1]!;
  }
}
