/**
 * Pointers and selections of other people, as rings in the colours of these people, and their names
 * beside the pointers. One draw call for all rings, and one per name.
 */
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Color,
  DynamicDrawUsage,
  Group,
  Mesh,
  PlaneGeometry,
  Points,
  ShaderMaterial,
  type Vector3,
} from "three";
import type { PeerMoved, PeerSelected } from "../protocol/messages.js";
import { MAX_SHOWN_SELECTED } from "../protocol/messages.js";
import { peerColour } from "../state/people-state.js";
import { shortName } from "../state/persons.js";

/** Largest number of people whose marks are drawn. */
const MOST_PEOPLE = 16;
const MOST_RINGS = MOST_PEOPLE * (MAX_SHOWN_SELECTED + 1);
/** Diameters of rings, CSS pixels. */
const POINTER = 22;
const SELECTED = 13;
/** Height of a name, as a share of half of the height of the view. */
const NAME_HEIGHT = 0.05;

const vertexShader = /* glsl */ `
attribute vec3 tint;
attribute float size;
uniform float ratio;
varying vec3 vTint;
void main() {
  vTint = tint;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  gl_PointSize = size * ratio;
}
`;

const fragmentShader = /* glsl */ `
varying vec3 vTint;
void main() {
  float r = 2.0 * length(gl_PointCoord - 0.5);
  float ring = smoothstep(0.62, 0.72, r) * (1.0 - smoothstep(0.9, 1.0, r));
  if (ring < 0.02) discard;
  gl_FragColor = vec4(vTint, 0.9 * ring);
}
`;

/** A name has the same size on screen at every distance, and lies to the right above its place. */
const nameVertexShader = /* glsl */ `
uniform vec2 size;
varying vec2 vAt;
void main() {
  vAt = uv;
  vec4 at = projectionMatrix * modelViewMatrix * vec4(0.0, 0.0, 0.0, 1.0);
  vec2 offset = (position.xy + vec2(0.5)) * size + 0.45 * size.y;
  at.xy += offset * vec2(projectionMatrix[0][0] / projectionMatrix[1][1], 1.0) * at.w;
  gl_Position = at;
}
`;

const nameFragmentShader = /* glsl */ `
uniform sampler2D text;
varying vec2 vAt;
void main() {
  gl_FragColor = texture2D(text, vAt);
}
`;

type Name = Mesh<PlaneGeometry, ShaderMaterial>;

export class PeerMarks {
  readonly group = new Group();
  /** Number of drawn rings. */
  rings = 0;
  private readonly points: Points<BufferGeometry, ShaderMaterial>;
  private readonly names = new Map<string, Name>();
  private readonly plane = new PlaneGeometry();
  private readonly colour = new Color();

  constructor() {
    const geometry = new BufferGeometry();
    for (const [name, width] of [
      ["position", 3],
      ["tint", 3],
      ["size", 1],
    ] as const) {
      const attribute = new BufferAttribute(new Float32Array(MOST_RINGS * width), width);
      geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage));
    }
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      uniforms: { ratio: { value: 1 } },
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    this.points = new Points(geometry, material);
    this.points.frustumCulled = false;
    this.points.renderOrder = 6;
    this.group.add(this.points);
  }

  /**
   * Show the marks. `placeOf` returns the place of an item in scene metres, which the next call may
   * overwrite. `ratio`: device pixels per CSS pixel.
   */
  show(
    peers: ReadonlyMap<string, PeerMoved>,
    selections: ReadonlyMap<string, PeerSelected>,
    placeOf: (item: number) => Vector3,
    ratio: number,
  ): void {
    const { geometry, material } = this.points;
    const [position, tint, size] = ["position", "tint", "size"].map(
      (name) => geometry.getAttribute(name) as BufferAttribute,
    ) as [BufferAttribute, BufferAttribute, BufferAttribute];
    material.uniforms.ratio!.value = ratio;
    let rings = 0;
    const ring = (x: number, y: number, z: number, diameter: number) => {
      if (rings === MOST_RINGS) return;
      position.setXYZ(rings, x, y, z);
      tint.setXYZ(rings, this.colour.r, this.colour.g, this.colour.b);
      size.setX(rings++, diameter);
    };
    const named = new Set<string>();
    for (const [id, peer] of [...peers].slice(0, MOST_PEOPLE)) {
      this.colour.set(peerColour(peer.colour)).convertLinearToSRGB();
      for (const item of selections.get(id)?.items ?? []) {
        const { x, y, z } = placeOf(item);
        ring(x, y, z, SELECTED);
      }
      if (!peer.cursor) continue;
      const [x, y, z] = peer.cursor;
      ring(x, y, z, POINTER);
      named.add(id);
      this.nameOf(id, peer).position.set(x, y, z);
    }
    for (const [id, name] of this.names) if (!named.has(id)) this.remove(id, name);
    // Only the slots of the drawn rings are sent to the GPU.
    for (const attribute of rings > 0 ? [position, tint, size] : []) {
      attribute.clearUpdateRanges();
      attribute.addUpdateRange(0, rings * attribute.itemSize);
      attribute.needsUpdate = true;
    }
    geometry.setDrawRange(0, rings);
    this.rings = rings;
    this.group.visible = rings > 0;
  }

  private remove(id: string, name: Name): void {
    this.group.remove(name);
    (name.material.uniforms.text!.value as CanvasTexture).dispose();
    name.material.dispose();
    this.names.delete(id);
  }

  private nameOf(id: string, { name: full, colour }: PeerMoved): Name {
    const name = shortName(full);
    const known = this.names.get(id);
    if (known?.name === name) return known;
    if (known) this.remove(id, known);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d")!;
    const font = "600 36px system-ui, sans-serif";
    context.font = font;
    canvas.width = Math.ceil(context.measureText(name).width) + 28;
    canvas.height = 48;
    context.font = font;
    context.fillStyle = peerColour(colour);
    context.beginPath();
    context.roundRect(0, 0, canvas.width, canvas.height, 12);
    context.fill();
    context.fillStyle = "#0b1016";
    context.fillText(name, 14, 37);
    const size = [(NAME_HEIGHT * canvas.width) / canvas.height, NAME_HEIGHT];
    const material = new ShaderMaterial({
      vertexShader: nameVertexShader,
      fragmentShader: nameFragmentShader,
      uniforms: { text: { value: new CanvasTexture(canvas) }, size: { value: size } },
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    const mesh = new Mesh(this.plane, material);
    mesh.name = name;
    mesh.frustumCulled = false;
    mesh.renderOrder = 7;
    this.names.set(id, mesh);
    this.group.add(mesh);
    return mesh;
  }
}
