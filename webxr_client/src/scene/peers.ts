/**
 * Heads and hands of other people, and the cameras of pages as heads: one draw call for all heads,
 * one for all hands. The meshes look like glass, so that the cloud is visible through them.
 */
import {
  BoxGeometry,
  type BufferGeometry,
  Color,
  DynamicDrawUsage,
  InstancedMesh,
  Matrix4,
  Quaternion,
  ShaderMaterial,
  SphereGeometry,
  Vector3,
} from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import type { PeerMoved, Pose } from "../protocol/messages.js";
import { peerColour } from "../state/people-state.js";

/** Radius of a head in the room of its person, metres. */
export const HEAD_RADIUS = 0.09;
/** Largest number of heads, and of hands, that are drawn. */
const MOST = 24;

const matrix = new Matrix4();
const position = new Vector3();
const orientation = new Quaternion();
const scale = new Vector3();

const vertexShader = /* glsl */ `
varying vec3 vNormal;
varying vec3 vView;
varying vec3 vTint;
void main() {
  vec4 view = modelViewMatrix * instanceMatrix * vec4(position, 1.0);
  vNormal = normalize(normalMatrix * mat3(instanceMatrix) * normal);
  vView = normalize(-view.xyz);
  vTint = instanceColor;
  gl_Position = projectionMatrix * view;
}
`;

const fragmentShader = /* glsl */ `
varying vec3 vNormal;
varying vec3 vView;
varying vec3 vTint;
void main() {
  float facing = abs(dot(normalize(vNormal), normalize(vView)));
  gl_FragColor = vec4(vTint, 0.1 + 0.75 * pow(1.0 - facing, 2.0));
}
`;

/** Meshes of the other people. A head measures 18 cm and a hand 5 cm in that person's room. */
export class Peers {
  readonly heads = made(head());
  readonly hands = made(new SphereGeometry(0.028, 14, 10));
  private readonly colour = new Color();

  /** Show the poses of `peers`. Returns whether a head or a hand is drawn. */
  show(peers: Iterable<PeerMoved>): boolean {
    let heads = 0;
    let hands = 0;
    for (const peer of peers) {
      this.colour.set(peerColour(peer.colour)).convertLinearToSRGB();
      const put = (mesh: InstancedMesh, index: number, pose: Pose) => {
        position.fromArray(pose.position);
        orientation.fromArray(pose.orientation);
        mesh.setMatrixAt(
          index,
          matrix.compose(position, orientation, scale.setScalar(peer.scale ?? 1)),
        );
        mesh.setColorAt(index, this.colour);
      };
      if (peer.head && heads < MOST) put(this.heads, heads++, peer.head);
      for (const hand of [peer.left, peer.right])
        if (hand && hands < MOST) put(this.hands, hands++, hand);
    }
    for (const [mesh, count] of [
      [this.heads, heads],
      [this.hands, hands],
    ] as const) {
      mesh.count = count;
      mesh.visible = count > 0;
      mesh.instanceMatrix.needsUpdate = true;
      if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
    }
    return heads + hands > 0;
  }
}

function made(geometry: BufferGeometry): InstancedMesh {
  const material = new ShaderMaterial({
    vertexShader,
    fragmentShader,
    transparent: true,
    depthWrite: false,
  });
  const mesh = new InstancedMesh(geometry, material, MOST);
  mesh.setColorAt(0, new Color()); // creates the colours before the shader is compiled
  mesh.instanceMatrix.setUsage(DynamicDrawUsage);
  mesh.count = 0;
  mesh.visible = false;
  mesh.frustumCulled = false;
  return mesh;
}

/** A head with a visor. The visor shows the direction of the view. */
function head(): BufferGeometry {
  const skull = new SphereGeometry(0.085, 20, 14).scale(0.9, 1.1, 1).translate(0, -0.01, 0.09);
  const visor = new BoxGeometry(0.17, 0.09, 0.07).translate(0, 0, -0.01);
  return mergeGeometries([skull, visor]) ?? skull;
}
