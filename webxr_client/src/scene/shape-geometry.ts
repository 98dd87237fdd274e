/** Geometry of items that are meshes or point clouds, as the server sends it. */
import {
  BufferAttribute,
  BufferGeometry,
  DoubleSide,
  Mesh,
  MeshLambertMaterial,
  Points,
  PointsMaterial,
} from "three";
import { fetchShape } from "../net/api.js";

/** Width of a point of a point cloud, as a share of the radius of the point cloud. */
const POINT_SIZE = 0.09;
const COLOUR = "#c9d3df";

/** Turn of the camera in the thumbnails, radians (server/shapes/rasteriser.py). */
export const TURN = (-35 * Math.PI) / 180;
/** Angle at which the camera looks down in the thumbnails, radians. */
export const TILT = (25 * Math.PI) / 180;

/**
 * Decode a mesh or point cloud. The bytes begin with the number of points and the number of
 * triangles (uint32 each). Three coordinates per point (float32) follow, then the numbers of the
 * three corner points per triangle (uint32). Throws RangeError if the length of `bytes` does not
 * match.
 */
export function decodeShape(bytes: ArrayBuffer): BufferGeometry {
  const [points, triangles] = new Uint32Array(bytes, 0, 2) as unknown as [number, number];
  if (bytes.byteLength !== 8 + 12 * (points + triangles))
    throw new RangeError("The server sent a damaged shape.");
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(bytes, 8, 3 * points), 3));
  if (triangles > 0)
    geometry.setIndex(
      new BufferAttribute(new Uint32Array(bytes, 8 + 12 * points, 3 * triangles), 1),
    );
  return geometry;
}

/** The drawn item: a mesh, or points if the item has no triangles. */
export class DrawnShape {
  readonly mesh = new Mesh(
    undefined,
    new MeshLambertMaterial({ color: COLOUR, flatShading: true, side: DoubleSide }),
  );
  readonly points = new Points(undefined, new PointsMaterial({ color: COLOUR, size: POINT_SIZE }));
  /**
   * Set the width of points for an item that is drawn with this radius. three.js does not scale the
   * width of points with the group that contains them.
   */
  set radius(radius: number) {
    this.points.material.size = POINT_SIZE * radius;
  }

  /** The shown item; -1 for none. */
  private item = -1;
  private wanted = -1;

  constructor() {
    this.mesh.visible = this.points.visible = false;
  }

  /**
   * Show an item; -1 for none. Resolves with true if the item is shown, and with false if another
   * item was requested in the meantime. Rejects with a message for the user.
   */
  async show(item: number): Promise<boolean> {
    this.wanted = item;
    if (item === this.item) return true;
    this.hide();
    if (item < 0) return true;
    const bytes = await fetchShape(item);
    if (this.wanted !== item) return false;
    // An earlier request for the same item was answered first.
    if (this.item === item) return true;
    const geometry = decodeShape(bytes);
    const drawn = geometry.index ? this.mesh : this.points;
    drawn.geometry = geometry;
    drawn.visible = true;
    this.item = item;
    return true;
  }

  private hide(): void {
    this.item = -1;
    for (const drawn of [this.mesh, this.points]) {
      if (drawn.visible) drawn.geometry.dispose();
      drawn.visible = false;
    }
  }

  dispose(): void {
    this.wanted = -1;
    this.hide();
    this.mesh.material.dispose();
    this.points.material.dispose();
  }
}
