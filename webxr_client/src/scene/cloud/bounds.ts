/** The box that holds a cloud of points, and points that represent the cloud. */
import { Box3, Vector3 } from "three";
import { type LatentState, sceneMetres } from "../../state/latent-state.js";

/**
 * Smallest number of items from which the bounding box of a large cloud is computed. The items are
 * every k-th item of the cloud. In a smaller cloud, all items are used.
 */
const SAMPLES = 4000;
/** Share of the points that are treated as outliers at each end of an axis. */
const OUTLIERS = 0.004;

/** Return places of points that represent the cloud, x, y and z per point, in scene metres. */
export function cloudPoints({ to, sample: n }: Pick<LatentState, "to" | "sample">): Float32Array {
  const every = Math.max(1, Math.floor(n / SAMPLES));
  const places = new Float32Array(3 * Math.ceil(n / every));
  for (let k = 0; k < places.length; k++)
    places[k] = sceneMetres(to[4 * every * Math.floor(k / 3) + (k % 3)]!);
  return places;
}

/** Return the box of the points at their newest keyframe, without outliers, in scene metres. */
export function cloudBounds({ to, sample: n }: Pick<LatentState, "to" | "sample">): Box3 {
  if (n === 0) return new Box3(new Vector3(-0.5, -0.5, -0.5), new Vector3(0.5, 0.5, 0.5));
  const box = new Box3(new Vector3(), new Vector3());
  const every = Math.max(1, Math.floor(n / SAMPLES));
  for (let axis = 0; axis < 3; axis++) {
    const values: number[] = [];
    for (let i = 0; i < n; i += every) values.push(to[4 * i + axis]!);
    values.sort((a, b) => a - b);
    const low = values[Math.floor(values.length * OUTLIERS)]!;
    const high = values[Math.ceil(values.length * (1 - OUTLIERS)) - 1]!;
    box.min.setComponent(axis, sceneMetres(low));
    box.max.setComponent(axis, sceneMetres(high));
  }
  return box;
}
