/** Controls that turn, move and zoom the camera of the page. */
import { MOUSE, OrthographicCamera, type PerspectiveCamera, TOUCH } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

/**
 * Create the controls of `camera`. An orthographic camera shows a map with 2 dimensions, which
 * cannot be turned.
 */
export function orbitControls(
  camera: PerspectiveCamera | OrthographicCamera,
  element: HTMLElement,
): OrbitControls {
  const controls = new OrbitControls(camera, element);
  controls.enableDamping = true;
  controls.dampingFactor = 0.12;
  controls.zoomToCursor = true;
  controls.minDistance = 0.05;
  controls.maxDistance = 12;
  controls.enableRotate = !isFlat(controls);
  return controls;
}

/**
 * Set whether the left button and one finger turn the scene; otherwise they drive a tool, and two
 * fingers turn the scene. A flat map moves in place of turning.
 */
export function setOrbit(controls: OrbitControls, orbit: boolean): void {
  const flat = isFlat(controls);
  const turn = flat ? MOUSE.PAN : MOUSE.ROTATE;
  controls.mouseButtons = {
    LEFT: orbit ? turn : null,
    MIDDLE: MOUSE.PAN,
    RIGHT: turn,
  };
  controls.touches = {
    ONE: orbit ? (flat ? TOUCH.PAN : TOUCH.ROTATE) : null,
    TWO: orbit || flat ? TOUCH.DOLLY_PAN : TOUCH.DOLLY_ROTATE,
  };
}

const isFlat = (controls: OrbitControls) => controls.object instanceof OrthographicCamera;
