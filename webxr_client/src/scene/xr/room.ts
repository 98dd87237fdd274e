/**
 * Fixed objects in VR, against which motion is visible: the floor, a grid that fades with the
 * distance, and a box of thin lines round the cloud.
 */
import {
  type Box3,
  BoxGeometry,
  BufferGeometry,
  Color,
  DirectionalLight,
  EdgesGeometry,
  Float32BufferAttribute,
  HemisphereLight,
  type Light,
  LineBasicMaterial,
  LineSegments,
  Vector3,
} from "three";

const FLOOR_METRES = 3;
const FLOOR_STEP = 0.5;
const NEAR = "#2c3b4d";
const FAR = "#0d1219";

/** Create a grid on the floor, 3 m in each direction, whose lines get darker with the distance. */
export function floorGrid(): LineSegments {
  const near = new Color(NEAR);
  const far = new Color(FAR);
  const colour = new Color();
  const positions: number[] = [];
  const colours: number[] = [];
  const put = (x: number, z: number) => {
    positions.push(x, 0, z);
    colour.copy(near).lerp(far, Math.min(1, Math.hypot(x, z) / FLOOR_METRES));
    colours.push(colour.r, colour.g, colour.b);
  };
  const steps = FLOOR_METRES / FLOOR_STEP;
  for (let a = -steps; a <= steps; a++)
    for (let b = -steps; b < steps; b++) {
      put(a * FLOOR_STEP, b * FLOOR_STEP);
      put(a * FLOOR_STEP, (b + 1) * FLOOR_STEP);
      put(b * FLOOR_STEP, a * FLOOR_STEP);
      put((b + 1) * FLOOR_STEP, a * FLOOR_STEP);
    }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(positions, 3));
  geometry.setAttribute("color", new Float32BufferAttribute(colours, 3));
  return new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true }));
}

/** Size added to the box round the cloud, as a share of the largest side of the cloud. */
const BOX_ROOM = 0.12;

const size = new Vector3();

/** Fit the box to `bounds` (scene metres). The box does not follow points that move later. */
export function fitBox(box: LineSegments, bounds: Box3): void {
  bounds.getCenter(box.position);
  bounds.getSize(size).addScalar(BOX_ROOM * Math.max(size.x, size.y, size.z));
  box.scale.set(Math.max(size.x, 0.02), Math.max(size.y, 0.02), Math.max(size.z, 0.02));
}

/** Create the hairline box round the cloud. The box is a cube of 1 m until `fitBox` is called. */
export function sceneBox(): LineSegments {
  const edges = new EdgesGeometry(new BoxGeometry(1, 1, 1));
  const box = new LineSegments(
    edges,
    new LineBasicMaterial({ color: "#8fa6c0", transparent: true, opacity: 0.28 }),
  );
  box.frustumCulled = false;
  return box;
}

/** Create the lights on hands and controllers. */
export function roomLights(): Light[] {
  const ambient = new HemisphereLight("#dfe9f5", "#39424e", 2.2);
  const sun = new DirectionalLight("#ffffff", 1.6);
  sun.position.set(0.4, 2, 0.8);
  return [ambient, sun];
}
