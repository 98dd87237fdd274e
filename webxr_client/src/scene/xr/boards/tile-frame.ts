/**
 * A frame round a tile of a board. The frame is a mesh of its own, so that the board is not drawn
 * again when the frame moves to another tile.
 */
import {
  AlwaysDepth,
  BufferAttribute,
  BufferGeometry,
  type ColorRepresentation,
  Mesh,
  MeshBasicMaterial,
} from "three";
import type { Tile } from "./palette-layout.js";

export class TileFrame {
  readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial>;
  private readonly corners = new BufferAttribute(new Float32Array(8 * 3), 3);
  private tile: Tile | null = null;

  /** `width`, `height`: size of the board. `line`: thickness of the frame. All in millimetres. */
  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly line: number,
    color: ColorRepresentation,
  ) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", this.corners);
    // Corners 0..3 are the outer corners, 4..7 the inner corners, in the same order.
    geometry.setIndex([0, 1, 2, 3].flatMap((k) => quad(k, (k + 1) % 4)));
    const material = new MeshBasicMaterial({
      color,
      transparent: true,
      toneMapped: false,
      depthFunc: AlwaysDepth,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 4.5;
    this.mesh.visible = false;
  }

  /** Move the frame to a tile; null hides the frame. */
  show(tile: Tile | null): void {
    this.mesh.visible = tile !== null;
    if (tile === this.tile || !tile) return;
    this.tile = tile;
    this.put(0, tile, this.line);
    this.put(4, tile, 0);
    this.corners.needsUpdate = true;
  }

  /**
   * Set four of the corners, from index `first` on, to the corners of the tile, moved outward by
   * `beside` millimetres.
   */
  private put(first: number, { x, y, width, height }: Tile, beside: number): void {
    const left = (x - beside - this.width / 2) / 1000;
    const right = (x + width + beside - this.width / 2) / 1000;
    const top = (this.height / 2 - y + beside) / 1000;
    const bottom = (this.height / 2 - y - height - beside) / 1000;
    this.corners.setXYZ(first, left, top, 0);
    this.corners.setXYZ(first + 1, left, bottom, 0);
    this.corners.setXYZ(first + 2, right, bottom, 0);
    this.corners.setXYZ(first + 3, right, top, 0);
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

/** Two triangles between the outer corners `a`, `b` and the inner corners next to them. */
const quad = (a: number, b: number): number[] => [a, b, 4 + a, 4 + a, b, 4 + b];
