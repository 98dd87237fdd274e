/** Reader of tileset.json (docs/tiles.md): the tree of tiles, and the metadata of the scene. */
import type { ClassInfo, Thumbnails } from "../../protocol/messages.js";

/** Newest format that this page reads. */
const FORMAT = 1;

/** Metadata of a scene in tiles. */
export interface TiledScene {
  format: number;
  items: number;
  /** Number of tiles. */
  tiles: number;
  latent_dim: number;
  origin: [number, number, number];
  size: number;
  classes: ClassInfo[];
  /** Whether the tiles have predictions. */
  predictions: boolean;
  /** Layout of the atlas pages; null without pictures. */
  pictures: (Omit<Thumbnails, "pages"> & { per_page: number }) | null;
  /** Whether there is a file with ids and columns per tile. */
  item_files: boolean;
}

export interface Tile {
  /** Number of the tile, in preorder. */
  id: number;
  /** First item of the tile. */
  first: number;
  /** Number of items of the tile. */
  count: number;
  /** Lowest and highest corner of the items of the tile and of all tiles below it, metres. */
  low: Point;
  high: Point;
  /** Distance between neighbouring points that are drawn without the children, metres. */
  error: number;
  parent: Tile | null;
  children: Tile[];
}

type Point = [number, number, number];

interface Node {
  geometricError: number;
  extras: { tile: number; first: number; count: number; low: number[]; high: number[] };
  children?: Node[];
}

interface Document {
  extras?: { lodespace?: TiledScene };
  root: Node;
}

export interface Tileset {
  scene: TiledScene;
  /** All tiles, by number. */
  tiles: Tile[];
}

const STEPS = 65535;
const metres = (grid: number[]) => grid.map((value) => value / STEPS - 0.5) as Point;

/** Read the tree. Throws Error, with a message for the user, if this page cannot show the scene. */
export function readTileset(document: Document): Tileset {
  const scene = document.extras?.lodespace;
  if (!scene) throw new Error("These 3D Tiles are not of Lodespace, so their items are not known.");
  if (!(scene.format <= FORMAT))
    throw new Error("The scene was made with a newer version of Lodespace. Update this page.");
  const tiles: Tile[] = [];
  const waiting: [Node, Tile | null][] = [[document.root, null]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [{ geometricError: error, extras, children = [] }, parent] = next;
    const { tile: id, first, count, low, high } = extras;
    const tile: Tile = {
      ...{ id, first, count, error, parent, children: [] },
      ...{ low: metres(low), high: metres(high) },
    };
    tiles[id] = tile;
    parent?.children.push(tile);
    for (const child of children) waiting.push([child, tile]);
  }
  return { scene, tiles };
}

/** The tile of an item: the last tile whose first item has a number of at most `item`. */
export function tileOf(tiles: readonly Tile[], item: number): Tile {
  let low = 0;
  let high = tiles.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tiles[middle]!.first <= item) low = middle;
    else high = middle - 1;
  }
  return tiles[low]!;
}

/** Address of a file of a tile, relative to tileset.json. */
export const tilePath = (tile: number, suffix: string): string =>
  `${Math.floor(tile / 1000)}/${tile}${suffix}`;
