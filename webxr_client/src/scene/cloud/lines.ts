/**
 * Coloured line segments that are rewritten while points move, for arrows, trails and halos. All
 * segments of an instance are one draw call.
 */
import {
  BufferAttribute,
  BufferGeometry,
  type Color,
  LineBasicMaterial,
  LineSegments,
} from "three";

export class Lines {
  readonly object: LineSegments<BufferGeometry, LineBasicMaterial>;
  private positions = new BufferAttribute(new Float32Array(0), 3);
  private colours = new BufferAttribute(new Float32Array(0), 4);
  private count = 0;

  constructor(opacity: number) {
    const material = new LineBasicMaterial({
      vertexColors: true,
      transparent: true,
      opacity,
      depthWrite: false,
    });
    this.object = new LineSegments(new BufferGeometry(), material);
    this.object.frustumCulled = false;
    this.object.visible = false;
  }

  /** Remove all segments, and make room for `segments` new ones. */
  begin(segments: number): void {
    this.count = 0;
    if (this.positions.count >= 2 * segments) return;
    const { geometry } = this.object;
    this.positions = new BufferAttribute(new Float32Array(6 * segments), 3);
    this.colours = new BufferAttribute(new Float32Array(8 * segments), 4);
    geometry.setAttribute("position", this.positions);
    geometry.setAttribute("color", this.colours);
  }

  /** Add a segment, scene metres. `from`, `to`: opacities of the ends of the segment, 0..1. */
  add(
    x: number,
    y: number,
    z: number,
    x2: number,
    y2: number,
    z2: number,
    colour: Color,
    from = 1,
    to = 1,
  ): void {
    const k = this.count;
    this.count += 2;
    this.positions.setXYZ(k, x, y, z);
    this.positions.setXYZ(k + 1, x2, y2, z2);
    this.colours.setXYZW(k, colour.r, colour.g, colour.b, from);
    this.colours.setXYZW(k + 1, colour.r, colour.g, colour.b, to);
  }

  /** Show the segments that were added since `begin`. */
  end(): void {
    this.positions.needsUpdate = true;
    this.colours.needsUpdate = true;
    this.object.geometry.setDrawRange(0, this.count);
    this.object.visible = this.count > 0;
  }

  /** Number of segments that are drawn. */
  get segments(): number {
    return this.count / 2;
  }
}
