/** Material of the hulls of rules: glass whose rim is visible, brighter where votes disagree. */
import { FrontSide, GLSL3, ShaderMaterial } from "three";

const vertexShader = /* glsl */ `
in vec3 tint;
in vec2 look; // how visible the rim is, 0..1; share of items in conflict, 0..1

out vec3 vTint;
out vec2 vLook;
out vec3 vNormal;
out vec3 vToEye;

void main() {
  vec4 view = modelViewMatrix * vec4(position, 1.0);
  gl_Position = projectionMatrix * view;
  vTint = tint;
  vLook = look;
  vNormal = normalMatrix * normal;
  vToEye = projectionMatrix[3][3] > 0.5 ? vec3(0.0, 0.0, 1.0) : -view.xyz;
}
`;

const fragmentShader = /* glsl */ `
precision highp float;

uniform float uLight; // 1: light background

in vec3 vTint;
in vec2 vLook;
in vec3 vNormal;
in vec3 vToEye;

out vec4 outColour;

void main() {
  float facing = abs(dot(normalize(vNormal), normalize(vToEye)));
  float rim = pow(1.0 - facing, 2.0);
  float alpha = mix(0.05, 0.5, rim) * (0.6 + 0.9 * vLook.x);
  float hot = smoothstep(0.03, 0.4, vLook.y);
  vec3 glow = mix(vec3(1.0, 0.95, 0.88), vec3(0.75, 0.22, 0.0), uLight);
  outColour = vec4(mix(vTint, glow, 0.75 * hot), min(0.9, alpha + 0.3 * hot));
}
`;

export class HullMaterial extends ShaderMaterial {
  constructor() {
    super({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      uniforms: { uLight: { value: 0 } },
      transparent: true,
      depthWrite: false,
      side: FrontSide,
    });
  }

  get light(): boolean {
    return this.uniforms.uLight!.value === 1;
  }

  set light(value: boolean) {
    this.uniforms.uLight!.value = value ? 1 : 0;
  }
}
