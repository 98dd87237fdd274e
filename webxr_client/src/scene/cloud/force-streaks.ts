/**
 * Arrows at the islands of the map (groups of items that lie together), in one draw call. An arrow
 * begins at the edge of its island and shows the net force on the island, in the colour of the
 * leading loss term. A light moves along each arrow, so that its direction can be seen from all
 * sides.
 */
import {
  BufferAttribute,
  Color,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
} from "three";
import { FORCE_TERMS } from "../../protocol/messages.js";
import { TERM_COLOURS } from "../../state/force-state.js";
import { type IslandForces, MOST_ISLANDS as MOST } from "../../state/island-forces.js";

/** Length of an arrow whose force is `strong`, scene metres: about as long as an island is wide. */
const LONG = 0.16;
/** Largest length of an arrow, scene metres. */
const LONGEST = 0.2;
/** Islands whose force is weaker than this share of `strong` get no arrow. */
const LEAST_SHARE = 0.02;

/** Corners of an arrow: place along the arrow (0..1), and place across in half widths. */
const CORNERS = [0, -0.4, 0, 0.4, 0.72, -0.4, 0.72, 0.4, 0.72, -1, 0.72, 1, 1, 0];
const TRIANGLES = [0, 2, 1, 1, 2, 3, 4, 6, 5];

const vertexShader = /* glsl */ `
attribute vec2 aCorner;
attribute vec3 aFrom;
attribute vec3 aVector;
attribute vec3 aColour;
uniform float uHalfWidth;
varying float vAlong;
varying vec3 vColour;
void main() {
  vec3 from = (modelViewMatrix * vec4(aFrom, 1.0)).xyz;
  vec3 vector = mat3(modelViewMatrix) * aVector;
  // The arrow turns about its axis to face the eye.
  vec3 side = cross(vector, from);
  side *= inversesqrt(max(dot(side, side), 1e-12));
  float scale = length(modelViewMatrix[0].xyz);
  vec3 view = from + aCorner.x * vector + aCorner.y * uHalfWidth * scale * side;
  vAlong = aCorner.x;
  vColour = aColour;
  gl_Position = projectionMatrix * vec4(view, 1.0);
}
`;

const fragmentShader = /* glsl */ `
uniform float uSeconds;
uniform float uOpacity;
varying float vAlong;
varying vec3 vColour;
void main() {
  float light = 1.0 - abs(2.0 * fract(vAlong - uSeconds) - 1.0);
  float alpha = mix(0.55, 1.0, light) * smoothstep(-0.1, 0.2, vAlong);
  gl_FragColor = vec4(mix(vColour, vec3(1.0), 0.35 * light * light), alpha * uOpacity);
}
`;

// The shader writes colours unchanged, as the shader of the points does, so they have to be sRGB.
const colours = FORCE_TERMS.map((term) => new Color(TERM_COLOURS[term]).convertLinearToSRGB());

export class ForceStreaks {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  private readonly from = new InstancedBufferAttribute(new Float32Array(3 * MOST), 3);
  private readonly vector = new InstancedBufferAttribute(new Float32Array(3 * MOST), 3);
  private readonly colour = new InstancedBufferAttribute(new Float32Array(3 * MOST), 3);

  constructor() {
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute("aCorner", new BufferAttribute(Float32Array.from(CORNERS), 2));
    geometry.setIndex(TRIANGLES);
    geometry.setAttribute("aFrom", this.from);
    geometry.setAttribute("aVector", this.vector);
    geometry.setAttribute("aColour", this.colour);
    geometry.instanceCount = 0;
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      transparent: true,
      depthWrite: false,
      uniforms: {
        uHalfWidth: { value: 0.018 },
        uSeconds: { value: 0 },
        uOpacity: { value: 1 },
      },
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 2;
    this.mesh.visible = false;
  }

  /** Number of arrows. */
  get count(): number {
    return this.mesh.geometry.instanceCount;
  }

  /** Place the arrows. `strong`: strength whose arrow has the length LONG, nats per latent unit. */
  place(islands: IslandForces, strong: number): void {
    const { edges, nets, strengths, leading } = islands;
    let shown = 0;
    for (let k = 0; k < islands.count; k++) {
      const strength = strengths[k]!;
      if (strength < LEAST_SHARE * strong) continue;
      // The square root keeps a force visible beside a force that is ten times as strong.
      const perForce = Math.min(LONGEST, LONG * Math.sqrt(strength / strong)) / strength;
      for (let axis = 0; axis < 3; axis++) {
        this.from.array[3 * shown + axis] = edges[3 * k + axis]!;
        this.vector.array[3 * shown + axis] = nets[3 * k + axis]! * perForce;
      }
      colours[leading[k]!]?.toArray(this.colour.array, 3 * shown);
      shown += 1;
    }
    this.mesh.geometry.instanceCount = shown;
    for (const attribute of [this.from, this.vector, this.colour]) attribute.needsUpdate = true;
  }

  /** Show the arrows. `seconds`: time of the moving light. `opacity`: 0..1; 0 hides the arrows. */
  show(seconds: number, opacity: number): void {
    const { uniforms } = this.mesh.material;
    this.mesh.visible = opacity > 0 && this.count > 0;
    uniforms.uSeconds!.value = seconds;
    uniforms.uOpacity!.value = opacity;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
