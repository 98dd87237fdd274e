import { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import type { Box } from "../../src/protocol/scene-file.js";
import { moveCamera, placeInBox, placeOf } from "../../src/scene/camera-place.js";

describe("the place of a camera", () => {
  it("is stated as angles and distance, and restored from them", () => {
    const camera = new PerspectiveCamera();
    const target = new Vector3(0.1, -0.2, 0.3);
    camera.position.set(1, 0.5, -0.7);
    const place = placeOf(camera, target);
    const other = new PerspectiveCamera();
    const otherTarget = new Vector3();
    expect(moveCamera(other, otherTarget, place)).toBe(true);
    expect(other.position.distanceTo(camera.position)).toBeLessThan(1e-6);
    expect(otherTarget.distanceTo(target)).toBe(0);
  });
  it("keeps what is not stated, and reports that the cloud has to be fitted", () => {
    const camera = new PerspectiveCamera();
    camera.position.set(0, 0, 2);
    const target = new Vector3();
    expect(moveCamera(camera, target, { azimuth: 90 })).toBe(false);
    expect(camera.position.distanceTo(new Vector3(2, 0, 0))).toBeLessThan(1e-6);
    expect(moveCamera(camera, target, { elevation: 90 })).toBe(false);
    expect(camera.position.y).toBeCloseTo(2, 4);
    expect(moveCamera(camera, target, { distance: 1 })).toBe(true);
    expect(camera.position.length()).toBeCloseTo(1, 6);
  });
  it("of a map is a target and a zoom", () => {
    const camera = new OrthographicCamera();
    camera.position.set(0, 0, 2);
    const target = new Vector3();
    expect(moveCamera(camera, target, { target: [0.5, 0.25, 0], zoom: 3, azimuth: 50 })).toBe(true);
    expect(camera.position.toArray()).toEqual([0.5, 0.25, 2]);
    expect(placeOf(camera, target)).toEqual({ target: [0.5, 0.25, 0], zoom: 3 });
  });
});

describe("the same view in a scene of another box", () => {
  const small: Box = { origin: [-1, -1, -1], size: 2 };
  const large: Box = { origin: [-3, -2, -1], size: 8 };
  it("shows the same part of the latent space", () => {
    // The centre of the small box is the latent origin, which is 3/8, 2/8, 1/8 into the large box.
    const place = placeInBox({ azimuth: 10, distance: 2, target: [0, 0, 0] }, small, large);
    expect(place).toMatchObject({ azimuth: 10, distance: 0.5, target: [-0.125, -0.25, -0.375] });
    expect(placeInBox({ zoom: 1 }, small, large).zoom).toBe(4);
    const back = placeInBox(place, large, small);
    expect(back.distance).toBeCloseTo(2, 9);
    expect(back.target).toEqual([0, 0, 0]);
  });
});
