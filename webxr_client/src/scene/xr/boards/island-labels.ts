/**
 * Names of the classes at their islands (places where the items of a class lie together). All names
 * are one mesh. A name faces the eyes, is upright, and has the same size on the retina at each
 * distance, so that it can be read from 2 m. If two names would overlap, the name of the island
 * with fewer items is hidden.
 */
import {
  BufferAttribute,
  type BufferGeometry,
  type CanvasTexture,
  type Matrix4,
  Mesh,
  type Quaternion,
  ShaderMaterial,
  type Vector3,
} from "three";
import type { ClassInfo } from "../../../protocol/messages.js";
import type { Island } from "../../cloud/cloud-summary.js";
import { quads, textPicture } from "../../text-quads.js";
import { BOARD_TEXT, fitted, font } from "./board.js";
import { NameLayout, type PlacedName } from "./name-layout.js";

/** Cell of a name in the picture, pixels. */
const CELL_WIDTH = 256;
const CELL_HEIGHT = 64;
const COLUMNS = 4;
const ROWS = 8;
/** Largest number of names. The islands with the most items are named. */
const MOST = COLUMNS * ROWS;
/** Text of a name, pixels of the picture. */
const TEXT = 40;
/**
 * Height of a cell, as a share of the distance. The text is then 31 mm high per metre of distance;
 * for text in a headset, at least 20 to 24 mm per metre are usually recommended.
 */
const ANGLE = 0.05;
/** Smallest and largest depth at which names have the same size on the retina, metres. */
const NEAREST = 0.35;
const FARTHEST = 3;
/**
 * Lower and upper edge of a name: the distance above its anchor, as a multiple of the height of a
 * cell. The background of the name is smaller by GROUND_MARGIN at each edge.
 */
const LOW = 0.2;
const HIGH = 1.2;
const GROUND_MARGIN = 5 / CELL_HEIGHT;
/** Time in which a name appears or disappears, seconds. */
const FADE = 0.15;

const cellAt = (depth: number) => ANGLE * Math.min(FARTHEST, Math.max(NEAREST, depth));

const vertexShader = /* glsl */ `
attribute vec2 corner;   // offset of a corner of a name, in heights of a cell
attribute vec2 place;    // place in the picture of the names, 0..1
attribute float opacity;
varying vec2 vPlace;
varying float vOpacity;
void main() {
  vec4 view = modelViewMatrix * vec4(position, 1.0);
  vec2 up = (viewMatrix * vec4(0.0, 1.0, 0.0, 0.0)).xy;
  up = length(up) < 0.2 ? vec2(0.0, 1.0) : normalize(up);
  float cell = ${ANGLE.toFixed(4)} * clamp(-view.z, ${NEAREST.toFixed(4)}, ${FARTHEST.toFixed(4)});
  view.xy += cell * (corner.x * vec2(up.y, -up.x) + corner.y * up);
  gl_Position = projectionMatrix * view;
  vPlace = place;
  vOpacity = opacity;
}
`;

const fragmentShader = /* glsl */ `
uniform sampler2D uNames;
varying vec2 vPlace;
varying float vOpacity;
void main() {
  gl_FragColor = vOpacity * texture2D(uNames, vPlace);
  if (gl_FragColor.a < 0.02) discard;
}
`;

export class IslandLabels {
  readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;
  readonly texture: CanvasTexture;
  private readonly context: CanvasRenderingContext2D;
  private readonly anchors = new BufferAttribute(new Float32Array(3 * 4 * MOST), 3);
  private readonly corners = new BufferAttribute(new Float32Array(2 * 4 * MOST), 2);
  private readonly places = new BufferAttribute(new Float32Array(2 * 4 * MOST), 2);
  private readonly opacities = new BufferAttribute(new Float32Array(4 * MOST), 1);
  private readonly layout = new NameLayout(MOST);
  /** The names. The name of the island with the most items comes first. */
  private names: (PlacedName & { readonly classId: number })[] = [];
  /** Widths of the names in the picture, pixels, by class id. */
  private readonly widths = new Map<number, number>();
  private readonly cells = new Map<number, number>();
  private drawn = "";

  constructor() {
    const picture = textPicture(COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT);
    this.context = picture.context;
    this.texture = picture.texture;
    this.texture.version = 0; // nothing to upload until the first drawing
    const geometry = quads(MOST, {
      position: this.anchors,
      corner: this.corners,
      place: this.places,
      opacity: this.opacities,
    });
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      transparent: true,
      premultipliedAlpha: true,
      depthWrite: false,
      uniforms: { uNames: { value: this.texture } },
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.visible = false;
    this.mesh.renderOrder = 3;
  }

  /** Show the names of `islands`. Returns whether the picture changed and has to be uploaded. */
  show(islands: readonly Island[], classes: readonly ClassInfo[]): boolean {
    const named = islands.filter(({ classId }) => classes[classId]).slice(0, MOST);
    // Cells are assigned in the order of class ids. So no name has to be drawn again if only the
    // order of the islands by size changes.
    const ids = named.map(({ classId }) => classId).sort((a, b) => a - b);
    const changed = this.draw(ids.map((id) => classes[id]!));
    const before = new Map(
      this.names.map(({ classId }, k) => [
        classId,
        { shown: this.layout.shown[k]!, opacity: this.opacities.getX(4 * k) },
      ]),
    );
    this.names = named.map((island, k) => {
      const { shown = 1, opacity = 0 } = before.get(island.classId) ?? {};
      this.layout.shown[k] = shown;
      this.fade(k, opacity);
      return this.put(k, island);
    });
    this.mesh.geometry.setDrawRange(0, 6 * named.length);
    this.mesh.visible = named.length > 0;
    for (const attribute of [this.anchors, this.corners, this.places, this.opacities])
      attribute.needsUpdate = true;
    return changed;
  }

  /**
   * Hide each name that another name would cover, as seen from the head. Called in each frame.
   *
   * @param seconds duration of the frame
   */
  arrange(
    head: { position: Vector3; orientation: Quaternion },
    roomFromScene: Matrix4,
    seconds: number,
  ): void {
    const { layout, names, opacities } = this;
    layout.arrange(names, head, roomFromScene, cellAt);
    let changed = false;
    for (let k = 0; k < names.length; k++) {
      const opacity = opacities.getX(4 * k);
      const wanted = layout.shown[k]!;
      if (opacity === wanted) continue;
      const step = seconds / FADE;
      this.fade(k, wanted ? Math.min(1, opacity + step) : Math.max(0, opacity - step));
      changed = true;
    }
    if (changed) opacities.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  private fade(k: number, opacity: number): void {
    for (let corner = 0; corner < 4; corner++) this.opacities.setX(4 * k + corner, opacity);
  }

  private put(
    k: number,
    { classId, x, y, z, radius }: Island,
  ): PlacedName & { readonly classId: number } {
    const width = this.widths.get(classId)!;
    const cell = this.cells.get(classId)!;
    const left = (cell % COLUMNS) / COLUMNS;
    const top = 1 - Math.floor(cell / COLUMNS) / ROWS;
    const right = left + width / CELL_WIDTH / COLUMNS;
    const half = width / CELL_HEIGHT / 2;
    const bottom = top - 1 / ROWS;
    // Place the name above the island. Most items of the island are within the radius.
    const above = y + 1.5 * radius;
    for (const [corner, across, up, u, v] of [
      [0, -half, LOW, left, bottom],
      [1, half, LOW, right, bottom],
      [2, half, HIGH, right, top],
      [3, -half, HIGH, left, top],
    ] as const) {
      this.anchors.setXYZ(4 * k + corner, x, above, z);
      this.corners.setXY(4 * k + corner, across, up);
      this.places.setXY(4 * k + corner, u, v);
    }
    return { classId, x, y: above, z, half, low: LOW + GROUND_MARGIN, high: HIGH - GROUND_MARGIN };
  }

  /** Draw the names if they have changed. Returns whether they were drawn. */
  private draw(classes: readonly ClassInfo[]): boolean {
    const key = JSON.stringify(
      classes.map(({ class_id, name, colour }) => [class_id, name, colour]),
    );
    if (key === this.drawn) return false;
    this.drawn = key;
    const { context } = this;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.textBaseline = "middle";
    context.textAlign = "left";
    this.widths.clear();
    this.cells.clear();
    classes.forEach(({ class_id, name, colour }, cell) => {
      const left = (cell % COLUMNS) * CELL_WIDTH;
      const top = Math.floor(cell / COLUMNS) * CELL_HEIGHT;
      font(context, TEXT, 600);
      const text = fitted(context, name, CELL_WIDTH - 40);
      const width = Math.min(CELL_WIDTH - 4, context.measureText(text).width + 36);
      context.fillStyle = "rgba(13, 18, 25, 0.82)";
      context.beginPath();
      context.roundRect(left + 1, top + 5, width - 2, CELL_HEIGHT - 10, 12);
      context.fill();
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(left + 8, top + 14, 7, CELL_HEIGHT - 28, 3);
      context.fill();
      context.fillStyle = BOARD_TEXT;
      context.fillText(text, left + 23, top + CELL_HEIGHT / 2 + 2);
      this.widths.set(class_id, width);
      this.cells.set(class_id, cell);
    });
    this.texture.needsUpdate = true;
    return true;
  }
}
