/** Times at which the cloud is placed in front of the person, for the first time and again. */
import { Group, LineSegments, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { CloudPlacement } from "../../../../src/interaction/xr/cloud-placement.js";
import { HeadPose } from "../../../../src/interaction/xr/placement/head-pose.js";
import { cloudBounds } from "../../../../src/scene/cloud/bounds.js";
import type { Stage } from "../../../../src/scene/stage.js";
import { latentOf } from "../fixtures.js";

const SPACE = {} as XRReferenceSpace;

let world: Group;
let head: HeadPose;
let placement: CloudPlacement;
let visibility: string | undefined;
let pose: object | null;
let now: number;

function start(onFloor = true): void {
  const latent = latentOf([
    [-0.2, 0, 0],
    [0.2, 0, 0],
  ]);
  world = new Group();
  const stage = { world, bounds: () => cloudBounds(latent) } as unknown as Stage;
  placement = new CloudPlacement(stage, head, new LineSegments(), onFloor);
}
/** Draw frames for some time. Returns how often the cloud was placed. */
function frames(ms: number): number {
  let count = 0;
  for (const end = now + ms; now < end; now += 10) {
    const frame = { session: { visibilityState: visibility }, getViewerPose: () => pose };
    if (placement.frame(now, frame as unknown as XRFrame, SPACE)) count += 1;
  }
  return count;
}
const height = () => new Vector3().setFromMatrixPosition(world.matrix).y;

beforeEach(() => {
  head = new HeadPose();
  head.position.set(0, 1.6, 0);
  visibility = "visible";
  pose = {};
  now = 5000;
  start();
});

describe("the cloud", () => {
  it("is placed and drawn when the session has been visible for 300 ms", () => {
    expect(frames(300)).toBe(0);
    expect(world.visible).toBe(false);
    expect(frames(20)).toBe(1);
    expect([world.visible, placement.placed]).toEqual([true, true]);
    expect(frames(2000)).toBe(0);
  });
  it.each(["hidden", "visible-blurred"])("waits while the session is %s", (state) => {
    frames(200);
    visibility = state;
    expect(frames(2000)).toBe(0);
    visibility = "visible";
    expect(frames(300)).toBe(0);
    expect(frames(20)).toBe(1);
  });
  it("waits for a pose of the head", () => {
    pose = null;
    expect(frames(2000)).toBe(0);
    pose = {};
    expect(frames(20)).toBe(1);
  });
  it("is placed in browsers that do not report the visibility", () => {
    visibility = undefined;
    expect(frames(400)).toBe(1);
  });
  it("is placed once more when a headset from a table is put on", () => {
    head.position.y = 0.4;
    expect(frames(400)).toBe(1);
    const low = height();
    head.position.y = 1.5;
    expect(frames(300)).toBe(0); // the person is still putting on the headset
    expect(frames(20)).toBe(1);
    expect(height()).toBeGreaterThan(low + 0.5);
    head.position.y = 0.4; // the person looks under the cloud
    frames(400);
    head.position.y = 1.5;
    expect(frames(1000)).toBe(0);
  });
  it("is not placed once more if y = 0 is the height of the eyes", () => {
    start(false);
    head.position.y = 0.1;
    expect(frames(400)).toBe(1);
    head.position.y = 0.6;
    expect(frames(1000)).toBe(0);
  });
  it("is placed at once after recentring", () => {
    frames(400);
    placement.ask();
    expect(frames(10)).toBe(1);
  });
  it("is drawn again after VR that ended before it was placed", () => {
    placement.dispose();
    expect(world.visible).toBe(true);
  });
});
