/**
 * The surroundings in VR, one mesh: a floor with a grid, which is lightest under the person, and a
 * sky that is lightest at the horizon. The mesh is drawn first, and hides nothing.
 */
import {
  BackSide,
  BufferGeometry,
  DoubleSide,
  Float32BufferAttribute,
  Mesh,
  ShaderMaterial,
  SphereGeometry,
} from "three";

/** Radius of sky and floor, metres. It is smaller than the distance of the far plane. */
const RADIUS = 30;

const vertexShader = /* glsl */ `
attribute float floorShare;
varying vec3 vAt;
varying float vFloor;
void main() {
  vAt = position;
  vFloor = floorShare;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`;

const fragmentShader = /* glsl */ `
varying vec3 vAt;
varying float vFloor;

const vec3 HORIZON = vec3(0.150, 0.192, 0.243);
const vec3 ZENITH = vec3(0.043, 0.063, 0.086);
const vec3 NEAR = vec3(0.133, 0.173, 0.220);
const vec3 FAR = vec3(0.070, 0.094, 0.125);
const vec3 LINE = vec3(0.235, 0.305, 0.385);

/** How strongly a grid line is drawn in this pixel, 0..1. The lines are 0.5 m apart. */
float grid(vec2 at) {
  vec2 cell = at / 0.5;
  vec2 width = max(fwidth(cell), vec2(1e-4));
  vec2 away = abs(fract(cell - 0.5) - 0.5) / width;
  // Far away, where a pixel covers several lines, lines fade out.
  vec2 line = (1.0 - smoothstep(0.5, 1.5, away)) * (1.0 - smoothstep(0.2, 0.6, width));
  return max(line.x, line.y);
}

void main() {
  vec3 colour;
  float away = length(vAt.xz);
  if (vFloor > 0.5) {
    colour = mix(NEAR, FAR, smoothstep(0.3, 4.0, away));
    colour = mix(colour, LINE, 0.7 * grid(vAt.xz) * (1.0 - smoothstep(1.0, 6.0, away)));
    colour = mix(colour, HORIZON, smoothstep(6.0, 28.0, away));
  } else {
    float up = vAt.y / length(vAt);
    colour = mix(HORIZON, ZENITH, smoothstep(0.0, 0.45, abs(up)));
  }
  // Noise below one step of brightness. Without it, the dark colours would show bands.
  float noise = fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) - 0.5;
  gl_FragColor = vec4(colour + noise / 255.0, 1.0);
}
`;

export class Ground {
  readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;

  /** `onFloor`: whether y = 0 is the floor. Without a floor, the sky also fills the lower half. */
  constructor(onFloor: boolean) {
    const material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      side: onFloor ? DoubleSide : BackSide,
      depthTest: false,
      depthWrite: false,
    });
    this.mesh = new Mesh(surroundings(onFloor), material);
    this.mesh.renderOrder = -10;
    this.mesh.frustumCulled = false;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

function surroundings(onFloor: boolean): BufferGeometry {
  const sky = new SphereGeometry(RADIUS, 32, 24);
  const positions = Array.from(sky.getAttribute("position").array);
  const index = Array.from(sky.getIndex()?.array ?? []);
  const first = positions.length / 3;
  if (onFloor) {
    // The floor is drawn after the sky, and covers the lower half of the sky.
    for (const [x, z] of [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ] as const)
      positions.push(x * RADIUS, 0, z * RADIUS);
    index.push(first, first + 2, first + 1, first, first + 3, first + 2);
  }
  const count = positions.length / 3;
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(positions, 3));
  const floors = Array.from({ length: count }, (_, k) => (k >= first ? 1 : 0));
  geometry.setAttribute("floorShare", new Float32BufferAttribute(floors, 1));
  geometry.setIndex(index);
  sky.dispose();
  return geometry;
}
