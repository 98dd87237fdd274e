/** The brush: a sphere with a bright rim. The colour shows whether the brush adds or subtracts. */
import {
  Color,
  CustomBlending,
  Mesh,
  OneFactor,
  ShaderMaterial,
  SphereGeometry,
  ZeroFactor,
} from "three";

const vertexShader = /* glsl */ `
varying vec3 vNormal;
varying vec3 vView;
void main() {
  vec4 view = modelViewMatrix * vec4(position, 1.0);
  vNormal = normalize(normalMatrix * normal);
  vView = normalize(-view.xyz);
  gl_Position = projectionMatrix * view;
}
`;

const fragmentShader = /* glsl */ `
uniform vec3 uColour;
uniform float uHeld;
varying vec3 vNormal;
varying vec3 vView;
void main() {
  float facing = abs(dot(normalize(vNormal), normalize(vView)));
  float rim = pow(1.0 - facing, 3.0);
  gl_FragColor = vec4(uColour * (0.9 * rim + mix(0.05, 0.14, uHeld)), 1.0);
}
`;

export class BrushSphere {
  readonly mesh: Mesh<SphereGeometry, ShaderMaterial>;

  constructor() {
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      transparent: true,
      depthWrite: false,
      // The brush adds light and leaves alpha unchanged. AdditiveBlending would write alpha 1, and
      // hide the room behind the brush in AR.
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneFactor,
      blendSrcAlpha: ZeroFactor,
      blendDstAlpha: OneFactor,
      uniforms: { uColour: { value: new Color() }, uHeld: { value: 0 } },
    });
    this.mesh = new Mesh(new SphereGeometry(1, 24, 16), material);
    this.mesh.renderOrder = 5;
    this.mesh.frustumCulled = false;
  }

  /** Set size and colour. `radius`: room metres. `held`: the brush paints, and looks brighter. */
  set(radius: number, colour: Color, held: boolean): void {
    this.mesh.scale.setScalar(radius);
    this.mesh.material.uniforms.uColour!.value = colour;
    this.mesh.material.uniforms.uHeld!.value = held ? 1 : 0;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
