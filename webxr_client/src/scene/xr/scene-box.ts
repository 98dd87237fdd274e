/**
 * The box round the cloud. It is one mesh in a cube of 1 m that `fitBox` scales. It has twelve
 * edges, a base plate that receives the shadow of the points, and, on three walls, the histograms
 * of the classes along the three axes.
 */
import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  Mesh,
  MeshBasicMaterial,
} from "three";
import { BINS, type CloudSummary, MOST_BARS } from "../cloud/cloud-summary.js";

/** Width of an edge, as a share of the box: 1.4 mm, which a headset shows as about 2 pixels. */
const EDGE = 0.0018;
/** Height of the fullest bar, as a share of the box. */
const BAR_HEIGHT = 0.16;
/** Width of a bar, as a share of the width of its bin. */
const BAR_WIDTH = 0.82;
const BAR_OPACITY = 0.6;
const BARS = 3 * (MOST_BARS + 1) * BINS;

/** Colours and opacities of the edges and the plate on a dark ground, and in a bright room. */
const LOOKS = {
  "immersive-vr": { edge: "#8fa6c0", edgeOpacity: 0.28, plate: "#9db4d0", plateOpacity: 0.07 },
  "immersive-ar": { edge: "#0e151d", edgeOpacity: 0.5, plate: "#ffffff", plateOpacity: 0.22 },
} as const;

export class SceneBox {
  readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial>;
  private readonly positions: BufferAttribute;
  private readonly colours: BufferAttribute;
  /** Number of vertices of edges and plate, which come first. */
  private readonly fixed: number;
  private readonly colour = new Color();

  constructor(mode: keyof typeof LOOKS) {
    const { points, opacities } = edgesAndPlate(mode);
    this.fixed = points.length / 3;
    const count = this.fixed + 6 * BARS;
    this.positions = new BufferAttribute(new Float32Array(3 * count), 3);
    this.colours = new BufferAttribute(new Float32Array(4 * count), 4);
    (this.positions.array as Float32Array).set(points);
    (this.colours.array as Float32Array).set(opacities);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", this.positions);
    geometry.setAttribute("color", this.colours);
    geometry.setDrawRange(0, this.fixed);
    const material = new MeshBasicMaterial({
      vertexColors: true,
      transparent: true,
      depthWrite: false,
      side: DoubleSide,
      forceSinglePass: true,
      toneMapped: false,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.name = "box";
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = -2;
  }

  /**
   * Show the histograms. `colourOf`: colour of a class, or of items without a class (-1). `flat`:
   * the map has two dimensions, so there is nothing to show along z.
   */
  show({ bars, classes }: CloudSummary, colourOf: (id: number) => string, flat: boolean): void {
    let at = this.fixed;
    for (let axis = 0; axis < (flat ? 2 : 3); axis++)
      for (let bin = 0; bin < BINS; bin++) {
        let low = 0;
        classes.forEach((id, row) => {
          const high = low + bars[(axis * classes.length + row) * BINS + bin]! * BAR_HEIGHT;
          if (high > low) {
            this.bar(at, axis, bin, low, high);
            this.paint(at, colourOf(id));
            at += 6;
          }
          low = high;
        });
      }
    this.positions.needsUpdate = this.colours.needsUpdate = true;
    this.mesh.geometry.setDrawRange(0, at);
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  /**
   * Write the two triangles of a bar. The bars of x are on the back wall, those of y on the left
   * wall, and those of z on the right wall.
   */
  private bar(at: number, axis: number, bin: number, low: number, high: number): void {
    const from = (bin + (1 - BAR_WIDTH) / 2) / BINS - 0.5;
    const to = from + BAR_WIDTH / BINS;
    const corners = [
      [from, low],
      [to, low],
      [to, high],
      [from, low],
      [to, high],
      [from, high],
    ] as const;
    corners.forEach(([along, up], k) => {
      if (axis === 0) this.positions.setXYZ(at + k, along, up - 0.5, -0.5);
      else if (axis === 1) this.positions.setXYZ(at + k, -0.5, along, up - 0.5);
      else this.positions.setXYZ(at + k, 0.5, up - 0.5, along);
    });
  }

  private paint(at: number, colour: string): void {
    const { r, g, b } = this.colour.set(colour);
    for (let k = 0; k < 6; k++) this.colours.setXYZW(at + k, r, g, b, BAR_OPACITY);
  }
}

function edgesAndPlate(mode: keyof typeof LOOKS): { points: number[]; opacities: number[] } {
  const look = LOOKS[mode];
  const points: number[] = [];
  const opacities: number[] = [];
  const add = (geometry: BufferGeometry, colour: string, opacity: number) => {
    const flat = geometry.toNonIndexed();
    const { array } = flat.getAttribute("position");
    points.push(...Array.from(array));
    const { r, g, b } = new Color(colour);
    for (let k = 0; k < array.length / 3; k++) opacities.push(r, g, b, opacity);
    geometry.dispose();
    flat.dispose();
  };
  add(new BoxGeometry(1, 0.0001, 1).translate(0, -0.5, 0), look.plate, look.plateOpacity);
  for (const a of [-0.5, 0.5])
    for (const b of [-0.5, 0.5]) {
      add(new BoxGeometry(1, EDGE, EDGE).translate(0, a, b), look.edge, look.edgeOpacity);
      add(new BoxGeometry(EDGE, 1, EDGE).translate(a, 0, b), look.edge, look.edgeOpacity);
      add(new BoxGeometry(EDGE, EDGE, 1).translate(a, b, 0), look.edge, look.edgeOpacity);
    }
  return { points, opacities };
}
