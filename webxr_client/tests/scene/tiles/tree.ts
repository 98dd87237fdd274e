/** Trees of tiles for tests. */
import { readTileset, type Tileset } from "../../../src/scene/tiles/tileset.js";

const MOST = 65535;

interface Node {
  geometricError: number;
  extras: { tile: number; first: number; count: number; low: number[]; high: number[] };
  children: Node[];
}

/**
 * An octree of `levels` levels over the whole cube. Each tile has `count` items, and lies in the
 * cell that its place in the tree has.
 */
export function octree(levels: number, count: number, pictures = false): Tileset {
  let tiles = 0;
  const node = (level: number, low: number[], edge: number): Node => {
    const tile = tiles++;
    const high = low.map((value) => value + edge);
    const grid = (corner: number[]) => corner.map((value) => Math.round(value * MOST));
    const children: Node[] = [];
    const extras = { tile, first: tile * count, count, low: grid(low), high: grid(high) };
    if (level + 1 < levels)
      for (let k = 0; k < 8; k++) {
        const corner = low.map((value, axis) => value + ((k >> axis) & 1 ? edge / 2 : 0));
        children.push(node(level + 1, corner, edge / 2));
      }
    return { geometricError: level + 1 < levels ? edge / 32 : 0, extras, children };
  };
  const root = node(0, [0, 0, 0], 1);
  const lodespace = {
    ...{ format: 1, items: tiles * count, tiles, latent_dim: 3, size: 1, classes: [] },
    origin: [0, 0, 0] as [number, number, number],
    ...{ predictions: false, pictures: null, item_files: pictures },
  };
  return readTileset({ extras: { lodespace }, root });
}

/** A camera without perspective that shows the cube from x = `left` to x = `right`. */
export function showing(left: number, right: number, pixelsPerMetre = 1000) {
  const s = 2 / (right - left);
  const clipFromScene = [s, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, (-(left + right) * s) / 2, 0, 0, 1];
  return { clipFromScene, eye: { x: (left + right) / 2, y: 0, z: 2 }, flat: true, pixelsPerMetre };
}
