/**
 * Summary of the cloud for VR: how the classes are spread along each axis, and where the island of
 * each class is (the place where its items lie together). Computed from at most SAMPLES items, so
 * that it takes 2 ms for any cloud.
 */
import { sceneMetres } from "../../state/latent-state.js";

/** Number of items that are read. The error of a class's share is then about 1 %. */
const SAMPLES = 8000;
/** Bars per axis. */
export const BINS = 24;
/** Largest number of classes with bars of their own. The others share the last colour. */
export const MOST_BARS = 11;
/** A class gets an island only if at least this number of its items was read. */
const FEWEST = 5;
/** Radius in which the middle of an island is searched, scene metres. */
const REACH = 0.12;
const STEPS = 4;

/**
 * Items of a class that lie together. If the class has too few labelled items, predicted items are
 * used as well.
 */
export interface Island {
  classId: number;
  /** Middle, scene metres. */
  x: number;
  y: number;
  z: number;
  /** Distance from the middle within which most of the island's items are, scene metres. */
  radius: number;
}

export interface CloudSummary {
  islands: Island[];
  /**
   * Classes with bars of their own, the largest class first. The last entry, -1, stands for items
   * without a class and for all other classes.
   */
  classes: number[];
  /** Per axis, class and bin: number of items, relative to the fullest bin of the axis. */
  bars: Float32Array;
}

/** Input of the summary. */
export interface Summarised {
  n: number;
  /** Positions, four numbers per point. */
  positions: Uint16Array;
  /** Class per item; -1 without a label. */
  labels: Int16Array;
  /** Predicted class per item; -1 without a prediction. */
  predictions: Int16Array;
  /** Middle and size of the box of the cloud, scene metres. */
  middle: readonly number[];
  size: readonly number[];
}

export function summarise(cloud: Summarised): CloudSummary {
  const { n, labels, predictions } = cloud;
  const every = Math.max(1, Math.ceil(n / SAMPLES));
  const members = new Map<number, number[]>();
  for (let item = 0; item < n; item += every) {
    const label = labels[item]!;
    const id = label >= 0 ? label : predictions[item]!;
    const list = members.get(id);
    if (list) list.push(item);
    else members.set(id, [item]);
  }
  const named = Array.from(members.keys()).filter((id) => id >= 0);
  named.sort((a, b) => members.get(b)!.length - members.get(a)!.length);
  const islands = named
    .filter((id) => members.get(id)!.length >= FEWEST)
    .map((id) => {
      // Use only labelled items if there are enough. Early in training, most of the items that are
      // predicted as the class can lie elsewhere.
      const items = members.get(id)!;
      const labelled = items.filter((item) => labels[item]! >= 0);
      return island(cloud, id, labelled.length >= FEWEST ? labelled : items);
    });
  const classes = [...named.slice(0, MOST_BARS), -1];
  return { islands, classes, bars: barsOf(cloud, members, classes) };
}

function barsOf(
  { positions, middle, size }: Summarised,
  members: ReadonlyMap<number, number[]>,
  classes: readonly number[],
): Float32Array {
  const bars = new Float32Array(3 * classes.length * BINS);
  for (const [id, items] of members) {
    const found = classes.indexOf(id);
    const row = found >= 0 ? found : classes.length - 1;
    for (let axis = 0; axis < 3; axis++) {
      const low = middle[axis]! - size[axis]! / 2;
      const at = (axis * classes.length + row) * BINS;
      for (const item of items) {
        const bin = Math.floor(
          ((sceneMetres(positions[4 * item + axis]!) - low) / size[axis]!) * BINS,
        );
        if (bin >= 0 && bin < BINS) bars[at + bin]! += 1;
      }
    }
  }
  const length = classes.length * BINS;
  for (let axis = 0; axis < 3; axis++) {
    const part = bars.subarray(axis * length, (axis + 1) * length);
    let most = 1;
    for (let bin = 0; bin < BINS; bin++) {
      let sum = 0;
      for (let row = 0; row < classes.length; row++) sum += part[row * BINS + bin]!;
      most = Math.max(most, sum);
    }
    for (let k = 0; k < length; k++) part[k]! /= most;
  }
  return bars;
}

/**
 * Find the island of a class. The search starts at the median of the items, and moves to the
 * nearest place where the items are dense.
 */
function island({ positions }: Summarised, classId: number, items: readonly number[]): Island {
  const at = [0, 1, 2].map((axis) => {
    const values = Float32Array.from(items, (item) =>
      sceneMetres(positions[4 * item + axis]!),
    ).sort();
    return values[values.length >> 1]!;
  }) as [number, number, number];
  let spread = 0;
  for (let step = 0; step < STEPS; step++) {
    const sum = [0, 0, 0];
    let [count, squares] = [0, 0];
    for (const item of items) {
      const x = sceneMetres(positions[4 * item]!);
      const y = sceneMetres(positions[4 * item + 1]!);
      const z = sceneMetres(positions[4 * item + 2]!);
      const square = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2;
      if (square > REACH ** 2) continue;
      sum[0]! += x;
      sum[1]! += y;
      sum[2]! += z;
      count += 1;
      squares += square;
    }
    if (count === 0) break;
    for (let axis = 0; axis < 3; axis++) at[axis] = sum[axis]! / count;
    spread = Math.sqrt(squares / count);
  }
  const [x, y, z] = at;
  return { classId, x, y, z, radius: spread };
}
