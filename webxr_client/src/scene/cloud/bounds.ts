/** The box that holds a cloud of points. */
import { Box3, Vector3 } from "three";
import { type LatentState, sceneMetres } from "../../state/latent-state.js";

/**
 * Smallest number of items from which the bounding box of a large cloud is computed. The items are
 * every k-th item of the cloud. In a smaller cloud, all items are used.
 */
const SAMPLES = 4000;
/** Share of the points that are treated as outliers at each end of an axis. */
const OUTLIERS = 0.004;

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
