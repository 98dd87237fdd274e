/** Controls that turn, move and zoom the camera of the page. */
import { MOUSE, OrthographicCamera, type PerspectiveCamera } from "three";
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

/** Set whether the left button turns the scene; otherwise the left button drives a tool. */
export function setMouse(controls: OrbitControls, orbitWithLeft: boolean): void {
  const turn = isFlat(controls) ? MOUSE.PAN : MOUSE.ROTATE;
  controls.mouseButtons = {
    LEFT: orbitWithLeft ? turn : null,
    MIDDLE: MOUSE.PAN,
    RIGHT: turn,
  };
}

const isFlat = (controls: OrbitControls) => controls.object instanceof OrthographicCamera;
