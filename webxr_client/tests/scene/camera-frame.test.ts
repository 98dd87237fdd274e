/** The camera shows the cloud in the area of the page that the panels leave free. */
import { Box3, OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { fittedView, frameCameras, type Insets } from "../../src/scene/camera-frame.js";

const RADIUS = 0.015;
/** Points of balls of 0.13 m, 200 points each. */
const balls = (...centres: readonly [number, number, number][]) =>
  Float32Array.from(
    centres.flatMap((centre) =>
      Array.from({ length: 200 }, (_, k) => {
        const [up, turn] = [(2 * k + 1) / 200 - 1, 2.4 * k];
        const level = Math.sqrt(1 - up ** 2);
        const ball = [level * Math.cos(turn), up, level * Math.sin(turn)];
        return ball.map((at, axis) => centre[axis]! + 0.13 * at);
      }).flat(),
    ),
  );
/** Few large clusters, which lie in the corners of their box. */
const CORNERS = balls([-0.35, -0.3, 0.3], [0.35, 0.3, 0.3], [0.3, -0.35, -0.3], [-0.3, 0.35, 0.3]);
/** Large clusters near the camera, at the right and at the left of its view. */
const NEAR = balls([0.48, 0.07, 0.22], [-0.29, 0.07, 0.44], [-0.08, -0.2, -0.28]);
const ROUND = balls([0, 0, 0]);
const DESKTOP: Insets = { left: 76, right: 332, top: 76, bottom: 124 };
/** A contact sheet covers half of the free area. */
const SHEET: Insets = { ...DESKTOP, covered: 260 };
const PHONE: Insets = { left: 8, right: 8, top: 64, bottom: 337 };

/**
 * Fit `places` into a page. Returns the smallest and largest x and y of the drawn points (CSS
 * pixels), as a share of the free width and height.
 */
function drawn(places: Float32Array, width: number, height: number, insets: Insets) {
  const camera = new PerspectiveCamera(40);
  camera.position.set(0.55, 0.38, 1.9);
  frameCameras(camera, new OrthographicCamera(), width, height, insets);
  const box = new Box3().setFromArray(places);
  const page = { width, height, insets };
  const shown = { places, radius: RADIUS };
  const { position, target } = fittedView(box, camera, new Vector3(), page, shown);
  camera.position.copy(position);
  camera.lookAt(target);
  camera.updateMatrixWorld();
  const { left, right, top, bottom, covered = 0 } = insets;
  const free = [width - left - right, height - top - bottom - covered];
  const ranges = [
    [1, 0],
    [1, 0],
  ];
  for (let k = 0; k < places.length; k += 3)
    for (const [axis, step] of [
      [0, RADIUS],
      [0, -RADIUS],
      [1, RADIUS],
      [1, -RADIUS],
    ] as const) {
      const at = new Vector3().fromArray(places, k).applyMatrix4(camera.matrixWorldInverse);
      at.setComponent(axis, at.getComponent(axis) + step).applyMatrix4(camera.projectionMatrix);
      const pixels = [
        ((1 + at.x) / 2) * width - insets.left,
        ((1 - at.y) / 2) * height - insets.top,
      ];
      const share = pixels[axis]! / free[axis]!;
      ranges[axis] = [Math.min(ranges[axis]![0]!, share), Math.max(ranges[axis]![1]!, share)];
    }
  return ranges as [[number, number], [number, number]];
}

describe("a fitted cloud", () => {
  it.each([
    ["few large clusters beside the panels", CORNERS, 1280, 720, DESKTOP],
    ["few large clusters over a sheet", CORNERS, 1280, 720, SHEET],
    ["few large clusters in a wide window", CORNERS, 1920, 900, DESKTOP],
    ["few large clusters on a phone", CORNERS, 390, 844, PHONE],
    ["clusters near the camera", NEAR, 1280, 720, DESKTOP],
    ["a round cloud", ROUND, 1280, 720, DESKTOP],
  ] as const)("%s: is in the free area, and fills it", (_, places, width, height, insets) => {
    const [across, down] = drawn(places, width, height, insets);
    for (const [low, high] of [across, down]) {
      // A few points of 800 are outliers. The others leave space for a lasso around them.
      expect(low).toBeGreaterThan(0.015);
      expect(high).toBeLessThan(0.985);
    }
    const fullest = Math.max(across[1] - across[0], down[1] - down[0]);
    if (places !== ROUND) expect(fullest).toBeGreaterThan(0.91);
    const [x, y] = [across[0] + across[1], down[0] + down[1]];
    expect(Math.max(Math.abs(x - 1), Math.abs(y - 1))).toBeLessThan(0.1);
  });
});

describe("a page without a size, as in a hidden frame", () => {
  it.each([
    [0, 0],
    [800, 0],
    [0, 600],
  ])("has a camera with a place: %i x %i", (width, height) => {
    const camera = new PerspectiveCamera(40);
    camera.position.set(0.55, 0.38, 1.9);
    const box = new Box3().setFromArray(CORNERS);
    const page = { width, height, insets: DESKTOP };
    for (const shown of [{ places: CORNERS, radius: RADIUS }, null]) {
      const { position, target } = fittedView(box, camera, new Vector3(), page, shown);
      expect([...position.toArray(), ...target.toArray()].every(Number.isFinite)).toBe(true);
    }
  });
});
