/**
 * The shadow of the points on the base plate of the box. The shadow shows how far away a point is.
 * To draw the shadow, the buffers of the points are drawn once more, with a shader that moves every
 * point down to the plate.
 */
import {
  type BufferGeometry,
  GLSL3,
  type IUniform,
  type Mesh,
  Points,
  ShaderMaterial,
} from "three";
import type { PointCloud } from "../cloud/point-cloud.js";

const vertexShader = /* glsl */ `
in vec4 keyframeFrom;
in vec4 keyframeTo;
in vec2 classes;
in vec4 marks;

uniform float uT;
uniform float uPointSize;
uniform float uPixelsPerUnit;
uniform mat4 uGrab;
uniform sampler2D uPalette;
uniform float uPlate;     // height of the plate, scene metres
uniform float uTint;      // share of the colour of the class
uniform float uStrength;  // opacity of the shadow of a point that touches the plate

out vec4 vColour;

void main() {
  vec3 metres = mix(keyframeFrom.xyz, keyframeTo.xyz, smoothstep(0.0, 1.0, uT)) - 0.5;
  if (marks.w > 0.75) metres = (uGrab * vec4(metres, 1.0)).xyz;
  // A point that touches the plate has a small dark shadow, a high point a large weak one.
  float height = max(0.0, metres.y - uPlate);
  vec4 view = modelViewMatrix * vec4(metres.x, uPlate, metres.z, 1.0);
  gl_Position = projectionMatrix * view;
  float pixels = 0.8 * uPointSize * uPixelsPerUnit / max(-view.z, 0.05);
  gl_PointSize = clamp(pixels * (1.0 + 0.8 * height), 2.0, 16.0);
  int k = int(classes.x) + 1;
  vec3 colour = texelFetch(uPalette, ivec2(k % 64, k / 64), 0).rgb;
  // Unlabelled items are about as grey as the plate, so their shadow is darker.
  float tint = k == 0 ? 0.5 * uTint : uTint;
  vColour = vec4(colour * tint, uStrength / (1.0 + 1.5 * height));
}
`;

const fragmentShader = /* glsl */ `
precision mediump float;
uniform highp vec4 uPart;
in vec4 vColour;
out vec4 outColour;
void main() {
  if (gl_FragCoord.x < uPart.x || gl_FragCoord.x > uPart.z) discard;
  float r = length(gl_PointCoord - 0.5) * 2.0;
  outColour = vec4(vColour.rgb, vColour.a * (1.0 - smoothstep(0.3, 1.0, r)));
}
`;

/**
 * Share of a class's colour in its shadow, and opacity of the shadow of one point. On a dark
 * ground, a black shadow would not be seen; on the light plate of AR, hundreds of opaque shadows
 * would be more conspicuous than the cloud.
 */
const LOOKS = {
  "immersive-vr": { tint: 0.55, strength: 0.34 },
  "immersive-ar": { tint: 0.3, strength: 0.1 },
} as const;

export class CloudShadow {
  readonly points: Points<BufferGeometry, ShaderMaterial>;

  constructor(
    private readonly cloud: PointCloud,
    mode: keyof typeof LOOKS,
  ) {
    const { uT, uPointSize, uPixelsPerUnit, uGrab, uPalette, uPart } = cloud.material.uniforms;
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      transparent: true,
      depthWrite: false,
      uniforms: {
        ...{ uT, uPointSize, uPixelsPerUnit, uGrab, uPalette, uPart },
        uPlate: { value: -0.5 },
        uTint: { value: LOOKS[mode].tint },
        uStrength: { value: LOOKS[mode].strength },
      } as ShaderMaterial["uniforms"],
    });
    this.points = new Points(cloud.points.geometry, material);
    this.points.frustumCulled = false;
    this.points.renderOrder = -1;
    this.points.onBeforeRender = cloud.points.onBeforeRender;
  }

  /**
   * Use the current buffers of the cloud and the current height of the plate. Called once per
   * frame.
   */
  update(box: Mesh, visible: boolean): void {
    this.points.visible = visible;
    this.points.geometry = this.cloud.points.geometry;
    const plate = this.points.material.uniforms.uPlate as IUniform<number>;
    const height = box.position.y - box.scale.y / 2;
    if (plate.value !== height) plate.value = height;
  }

  /** Free the material. The buffers belong to the cloud, which frees them. */
  dispose(): void {
    this.points.material.dispose();
  }
}
