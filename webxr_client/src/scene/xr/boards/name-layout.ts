/**
 * Chooses which islands show their names, so that names never cover one another. The name of an
 * island with fewer items is hidden while the name of an island with more items is in its place.
 * Computed in each frame without allocating memory.
 */
import { Matrix4, type Quaternion, Vector3 } from "three";

/** Half of the distance between the eyes, metres. The two eyes see a name at different places. */
const HALF_EYES = 0.033;
/** Smallest gap between two shown names, as a share of the height of the smaller name. */
const GAP = 0.1;
/**
 * Smallest gap at which a hidden name is shown again, in the same unit as GAP. It is larger than
 * GAP, so that a name does not appear and disappear while the head trembles.
 */
const GAP_AGAIN = 0.3;
/** Smallest depth in front of the eyes, metres. Nearer names are ignored. */
const NEAREST = 0.05;

const worldUp = new Vector3(0, 1, 0);
const viewFromRoom = new Matrix4();
const one = new Vector3(1, 1, 1);
const at = new Vector3();
const up = new Vector3();

/**
 * A name over an island. `half`, `low` and `high` are distances from the anchor of the name. Their
 * unit is the height of a cell.
 */
export interface PlacedName {
  /** Anchor, scene metres. */
  x: number;
  y: number;
  z: number;
  /** Half of the width. */
  half: number;
  /** Lower and upper edge. */
  low: number;
  high: number;
}

export class NameLayout {
  /** Per name, whether it is shown: 1 or 0. */
  readonly shown: Uint8Array;
  private readonly across: Float32Array;
  private readonly along: Float32Array;
  private readonly halves: Float32Array;
  private readonly heights: Float32Array;
  private readonly eyes: Float32Array;

  constructor(most: number) {
    this.shown = new Uint8Array(most).fill(1);
    this.across = new Float32Array(most);
    this.along = new Float32Array(most);
    this.halves = new Float32Array(most);
    this.heights = new Float32Array(most);
    this.eyes = new Float32Array(most);
  }

  /**
   * Choose the names that are shown. The most important name is chosen first.
   *
   * @param names most important first
   * @param head pose in the room
   * @param roomFromScene pose of the cloud in the room
   * @param cellAt height of a cell at a depth in front of the eyes, metres
   */
  arrange(
    names: readonly PlacedName[],
    head: { position: Vector3; orientation: Quaternion },
    roomFromScene: Matrix4,
    cellAt: (depth: number) => number,
  ): void {
    viewFromRoom.compose(head.position, head.orientation, one).invert();
    // As in the shader, names are upright in the room, also when the head rolls.
    up.copy(worldUp).transformDirection(viewFromRoom);
    const length = Math.hypot(up.x, up.y);
    const upX = length < 0.2 ? 0 : up.x / length;
    const upY = length < 0.2 ? 1 : up.y / length;
    for (let k = 0; k < names.length; k++) {
      const { x, y, z, half, low, high } = names[k]!;
      at.set(x, y, z).applyMatrix4(roomFromScene).applyMatrix4(viewFromRoom);
      const depth = -at.z;
      const cell = cellAt(depth) / depth;
      this.across[k] = (at.x * upY - at.y * upX) / depth;
      this.along[k] = (at.x * upX + at.y * upY) / depth + (cell * (low + high)) / 2;
      this.halves[k] = depth < NEAREST ? 0 : cell * half;
      this.heights[k] = cell * (high - low);
      this.eyes[k] = HALF_EYES / depth;
    }
    for (let k = 0; k < names.length; k++) this.shown[k] = this.isFree(k) ? 1 : 0;
  }

  /** Whether name `k` can be shown: none of the names that are already shown covers its place. */
  private isFree(k: number): boolean {
    const { shown, across, along, halves, heights, eyes } = this;
    if (halves[k] === 0) return true; // the name is behind the eyes
    const gap = shown[k] ? GAP : GAP_AGAIN;
    for (let other = 0; other < k; other++) {
      if (!shown[other] || halves[other] === 0) continue;
      const height = Math.min(heights[k]!, heights[other]!);
      // The two eyes see different distances between two names that are at different depths.
      const parallax = Math.abs(eyes[k]! - eyes[other]!);
      const free = gap * height;
      if (
        Math.abs(across[k]! - across[other]!) < halves[k]! + halves[other]! + parallax + free &&
        Math.abs(along[k]! - along[other]!) < (heights[k]! + heights[other]!) / 2 + free
      )
        return false;
    }
    return true;
  }
}
