/**
 * Named axes at the edges of the cloud's box. Each axis has a line, ticks with their values, and
 * the name with the correlation. All axes are one mesh, in scene metres. Texts face the eyes and
 * have the same size on the retina at each distance.
 */
import {
  type Box3,
  BufferAttribute,
  type BufferGeometry,
  type CanvasTexture,
  DoubleSide,
  Mesh,
  ShaderMaterial,
  Vector3,
} from "three";
import type { NamedAxis } from "../protocol/messages.js";
import { correlationText } from "../state/axis-text.js";
import { quads, textPicture } from "./text-quads.js";

/** The picture has one text per row. Height of a row, and size of its text, pixels. */
const ROW = 64;
const TEXT = 44;
const ROWS = 18;
const WIDTH = 1024;
/** Smallest and largest depth at which texts have the same size on the retina, metres. */
const NEAREST = 0.3;
const FARTHEST = 8;
/** Width of a line and length of a tick, in heights of a text. */
const LINE = 0.1;
const TICK = 0.45;

/** Largest number of quads: per axis a line, five ticks with texts, and a name. */
const MOST = 3 * 12;
const LETTERS = ["x", "y", "z"] as const;

/**
 * Edge of the box at which each axis is drawn. Per dimension, 0 is the side of the box with the
 * smallest coordinates, and 1 the side with the largest. The entry of the axis itself is 0.
 */
const EDGE: Record<string, readonly [number, number, number]> = {
  x: [0, 0, 1],
  y: [0, 0, 1],
  z: [1, 0, 0],
};
/** Direction on screen from an axis to its texts, in heights of a text. */
const AWAY: Record<string, readonly [number, number]> = { x: [0, -1], y: [-1, 0], z: [1, -0.6] };

const vertexShader = /* glsl */ `
attribute vec3 along;   // direction of a line, 0 for a text
attribute vec2 corner;  // offset of a corner of a text, in heights of a text
attribute vec2 place;   // place in the picture of the texts, 0..1
uniform float uHeight;  // height of a text: per metre of depth, or in metres
uniform float uFlat;    // 1 for a camera without perspective
varying vec2 vPlace;
void main() {
  vec4 view = modelViewMatrix * vec4(position, 1.0);
  float depth = clamp(-view.z, ${NEAREST.toFixed(2)}, ${FARTHEST.toFixed(2)});
  float height = uHeight * mix(depth, 1.0, uFlat);
  vec2 to = (modelViewMatrix * vec4(along, 0.0)).xyz.xy;
  if (length(along) > 0.0) {
    vec2 side = length(to) < 1e-5 ? vec2(1.0, 0.0) : normalize(vec2(-to.y, to.x));
    view.xy += height * corner.y * side;
  } else {
    view.xy += height * corner;
  }
  gl_Position = projectionMatrix * view;
  vPlace = place;
}
`;
const fragmentShader = /* glsl */ `
uniform sampler2D uTexts;
varying vec2 vPlace;
void main() {
  gl_FragColor = texture2D(uTexts, vPlace);
  if (gl_FragColor.a < 0.02) discard;
}
`;

export class AxisMarks {
  readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;
  readonly texture: CanvasTexture;
  /** Texts that are shown, for tests. */
  texts: string[] = [];
  private readonly context: CanvasRenderingContext2D;
  private readonly positions = new BufferAttribute(new Float32Array(12 * MOST), 3);
  private readonly alongs = new BufferAttribute(new Float32Array(12 * MOST), 3);
  private readonly corners = new BufferAttribute(new Float32Array(8 * MOST), 2);
  private readonly places = new BufferAttribute(new Float32Array(8 * MOST), 2);
  private readonly rows = new Map<string, { row: number; width: number }>();
  private count = 0;
  private drawn = "";

  /** With `inFront`, no point hides the axes. In VR, this would contradict the depth that both eyes
   * see. */
  constructor(inFront = false) {
    const picture = textPicture(WIDTH, ROWS * ROW);
    this.context = picture.context;
    this.texture = picture.texture;
    const geometry = quads(MOST, {
      position: this.positions,
      along: this.alongs,
      corner: this.corners,
      place: this.places,
    });
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      transparent: true,
      premultipliedAlpha: true,
      depthWrite: false,
      depthTest: !inFront,
      side: DoubleSide,
      toneMapped: false,
      uniforms: {
        uTexts: { value: this.texture },
        uHeight: { value: 0 },
        uFlat: { value: 0 },
      },
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.name = "axes";
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = inFront ? 1 : -1;
    this.mesh.visible = false;
  }

  /**
   * Set the height of a text: per metre of depth, or in metres for a camera without perspective.
   */
  setHeight(height: number, flat: boolean): void {
    const { uHeight, uFlat } = this.mesh.material.uniforms;
    uHeight!.value = height;
    uFlat!.value = flat ? 1 : 0;
  }

  /**
   * Show the axes at the edges of `box`, scene metres.
   *
   * @param sceneFromLatent Column-major matrix (4 x 4).
   * @param ink Colour of lines and texts.
   * @param halo Colour round the texts.
   * @returns Whether the picture with the texts has changed.
   */
  show(
    axes: readonly NamedAxis[],
    box: Box3,
    sceneFromLatent: readonly number[],
    ink: string,
    halo: string,
  ): boolean {
    this.count = 0;
    const before = this.drawn;
    const shown = axes.filter(({ ticks }) => ticks && ticks.length > 0);
    this.mesh.visible = shown.length > 0;
    if (shown.length > 0) {
      this.draw(shown, ink, halo);
      for (const axis of shown) this.place(axis, box, sceneFromLatent);
    }
    const { geometry } = this.mesh;
    geometry.setDrawRange(0, 6 * this.count);
    for (const part of [this.positions, this.alongs, this.corners, this.places])
      part.needsUpdate = true;
    return this.drawn !== before;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.texture.dispose();
  }

  /** Draw all texts into the picture, if they have changed. */
  private draw(axes: readonly NamedAxis[], ink: string, halo: string): void {
    this.texts = axes.flatMap((axis) => [
      nameOf(axis),
      ...(axis.ticks ?? []).map(({ text }) => text),
    ]);
    const all = [...new Set(this.texts)].slice(0, ROWS - 1);
    const key = [ink, halo, ...all].join("\n");
    if (key === this.drawn) return;
    this.drawn = key;
    const { context } = this;
    context.clearRect(0, 0, WIDTH, ROWS * ROW);
    this.rows.clear();
    // The first row is plain ink, for lines.
    context.fillStyle = ink;
    context.fillRect(0, 0, WIDTH, ROW);
    context.font = `500 ${TEXT}px Inter, system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 8;
    context.strokeStyle = halo;
    all.forEach((text, k) => {
      const row = k + 1;
      const middle = (row + 0.5) * ROW;
      const wide = Math.min(WIDTH - 16, context.measureText(text).width);
      context.strokeText(text, 8, middle, WIDTH - 16);
      context.fillText(text, 8, middle, WIDTH - 16);
      this.rows.set(text, { row, width: wide + 16 });
    });
    this.texture.needsUpdate = true;
  }

  private place(axis: NamedAxis, box: Box3, sceneFromLatent: readonly number[]): void {
    const dimension = LETTERS.indexOf(axis.axis);
    const scale = sceneFromLatent[5 * dimension]!;
    const shift = sceneFromLatent[12 + dimension]!;
    const away = AWAY[axis.axis]!;
    const edge = EDGE[axis.axis]!;
    const corner = new Vector3(
      ...(edge.map((end, k) => (end ? box.max : box.min).getComponent(k)) as [
        number,
        number,
        number,
      ]),
    );
    const ticks = (axis.ticks ?? []).map(({ at, text }) => ({ at: scale * at + shift, text }));
    const places = ticks.map(({ at }) => at);
    const low = Math.min(box.min.getComponent(dimension), ...places);
    const high = Math.max(box.max.getComponent(dimension), ...places);
    const from = corner.clone().setComponent(dimension, low);
    const to = corner.clone().setComponent(dimension, high);
    this.line(from, to);
    for (const { at, text } of ticks) {
      const place = corner.clone().setComponent(dimension, at);
      this.mark(place, away);
      this.text(text, place, [away[0] * 0.7, away[1]], away[0]);
    }
    const end = axis.axis === "x" ? corner.clone().setComponent(dimension, (low + high) / 2) : to;
    if (axis.axis === "x") this.text(nameOf(axis), end, [0, -2.1], 0);
    else if (axis.axis === "y") this.text(nameOf(axis), end, [-0.7, 1.3], 0.5);
    else this.text(nameOf(axis), end, [0.7, -1.8], 1);
  }

  private line(from: Vector3, to: Vector3): void {
    const along = to.clone().sub(from);
    const quad = [
      [from, -LINE / 2],
      [to, -LINE / 2],
      [to, LINE / 2],
      [from, LINE / 2],
    ] as const;
    const at = 4 * this.count++;
    quad.forEach(([point, side], k) => {
      this.positions.setXYZ(at + k, point.x, point.y, point.z);
      this.alongs.setXYZ(at + k, along.x, along.y, along.z);
      this.corners.setXY(at + k, 0, side);
      this.places.setXY(at + k, 0.5, 1 - 0.5 / ROWS);
    });
  }

  /** Add a tick: a short line on screen, from the axis towards its text. */
  private mark(place: Vector3, [x, y]: readonly [number, number]): void {
    const length = TICK / Math.hypot(x, y);
    const [dx, dy] = [x * length, y * length];
    const [nx, ny] = [(-dy / TICK) * (LINE / 2), (dx / TICK) * (LINE / 2)];
    this.quad(
      place,
      [
        [nx, ny],
        [dx + nx, dy + ny],
        [dx - nx, dy - ny],
        [-nx, -ny],
      ],
      [0.5, 1 - 0.5 / ROWS, 0.5, 1 - 0.5 / ROWS],
    );
  }

  /**
   * Add a text at the offset (`x`, `y`) from `place`. `side` aligns the text: at -1 the text ends
   * at this point, at 0 its middle is there, and at 1 it begins there. Values in between are
   * possible.
   */
  private text(text: string, place: Vector3, [x, y]: readonly [number, number], side: number) {
    const found = this.rows.get(text);
    if (!found) return;
    const scale = 1 / TEXT;
    const width = found.width * scale;
    const high = (ROW / 2) * scale;
    const left = x + ((side - 1) / 2) * width;
    const u = found.width / WIDTH;
    const top = 1 - found.row / ROWS;
    this.quad(
      place,
      [
        [left, y - high],
        [left + width, y - high],
        [left + width, y + high],
        [left, y + high],
      ],
      [0, top - 1 / ROWS, u, top],
    );
  }

  private quad(
    place: Vector3,
    corners: readonly (readonly [number, number])[],
    [u, v, u2, v2]: readonly [number, number, number, number],
  ): void {
    const at = 4 * this.count++;
    const uv = [
      [u, v],
      [u2, v],
      [u2, v2],
      [u, v2],
    ] as const;
    corners.forEach(([x, y], k) => {
      this.positions.setXYZ(at + k, place.x, place.y, place.z);
      this.alongs.setXYZ(at + k, 0, 0, 0);
      this.corners.setXY(at + k, x, y);
      this.places.setXY(at + k, ...uv[k]!);
    });
  }
}

/** Name of an axis with its correlation, for example "slant  0.97". */
function nameOf(axis: NamedAxis): string {
  const found = correlationText(axis);
  return found ? `${axis.name}  ·  ${found}` : axis.name;
}

/**
 * Colour of lines and texts (`ink`), and colour round the texts (`halo`), on a dark or a light
 * background.
 */
export const MARK_COLOURS = {
  dark: { ink: "#dfe8f2", halo: "#0e141b" },
  light: { ink: "#1c2733", halo: "#eef1f5" },
} as const;
