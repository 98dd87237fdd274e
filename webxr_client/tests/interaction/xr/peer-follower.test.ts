/** The cloud takes the place at which a person in VR sees it as another person does. */
import { Matrix4, PerspectiveCamera, Quaternion, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { type Hands, PeerFollower } from "../../../src/interaction/xr/peer-follower.js";
import { CLOUD_DISTANCE, CLOUD_EXTENT } from "../../../src/interaction/xr/placement/dimensions.js";
import { HeadPose } from "../../../src/interaction/xr/placement/head-pose.js";
import type { PeerMoved, Pose } from "../../../src/protocol/messages.js";
import { AppState } from "../../../src/state/app-state.js";

let state: AppState;
let head: HeadPose;
let world: Matrix4;
let follower: PeerFollower;
let now: number;
let grabs: boolean;
let rule: { holding: boolean };
let hands: { holding: boolean; stroke: { active: boolean } };

const middle = new Vector3(0.1, 0, 0);
const pose = ({ position, quaternion }: PerspectiveCamera) =>
  ({ position: position.toArray(), orientation: quaternion.toArray() }) as unknown as Pose;

/** A camera at a place that looks at another place. */
function camera(at: [number, number, number], to = new Vector3()): PerspectiveCamera {
  const made = new PerspectiveCamera();
  made.position.set(...at);
  made.lookAt(to);
  return made;
}

function show(fields: Partial<PeerMoved>): void {
  const peer = { op: "peer", client_id: "d1.a", name: "Mia", ...fields } as PeerMoved;
  state.peers.value = new Map([["d1.a", peer]]);
}

function frames(ms: number): void {
  for (const end = now + ms; now < end; now += 20) follower.frame(now);
}

/** Place of a point of the scene as the eyes see it: right, up, back, metres. */
function seen(point: Vector3, roomFromScene = world): Vector3 {
  const yaw = new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), 0.7);
  return point.clone().applyMatrix4(roomFromScene).sub(head.position).applyQuaternion(yaw.invert());
}

/** A follower that moves the cloud. */
function made(): PeerFollower {
  const grasps: Hands["grasps"] = {
    world: {
      get active() {
        return grabs;
      },
    },
    rule,
  };
  return new PeerFollower(state, head, world, () => middle, Object.assign(hands, { grasps }));
}

beforeEach(() => {
  state = new AppState();
  head = new HeadPose();
  head.position.set(0.3, 1.6, -0.2);
  // The head looks to the left, and down at a board.
  head.orientation.setFromAxisAngle(new Vector3(0, 1, 0), 0.7);
  head.orientation.multiply(new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -0.9));
  world = new Matrix4().makeTranslation(0, 1, -1);
  grabs = false;
  rule = { holding: false };
  hands = { holding: false, stroke: { active: false } };
  follower = made();
  now = 1000;
});

describe("the view of a page", () => {
  const from = camera([1.2, 0.9, 1.2]);
  beforeEach(() => show({ head: pose(from) }));

  it("is before the eyes as it is on the page, and the visit ends", () => {
    state.people.visiting.value = "d1.a";
    frames(600);
    expect(state.people.visiting.value).toBe("");
    const target = seen(new Vector3());
    expect(target.length()).toBeCloseTo(CLOUD_DISTANCE);
    expect(target.x).toBeCloseTo(0);
    expect(target.y).toBeLessThan(-0.15);
    // A place at the right on the page is at the right, and a nearer place is nearer.
    const right = new Vector3(1, 0, 0).applyQuaternion(from.quaternion);
    const near = from.position.clone().normalize();
    expect(seen(right).x).toBeGreaterThan(0.3);
    expect(seen(near).z).toBeGreaterThan(target.z + 0.3);
    const height = 2 * from.position.length() * Math.tan((20 * Math.PI) / 180);
    expect(seen(right.multiplyScalar(height)).sub(target).length()).toBeCloseTo(CLOUD_EXTENT, 1);
  });

  it("is followed when it rests, in one motion", () => {
    state.people.following.value = "d1.a";
    frames(600);
    const before = world.clone();
    for (let k = 1; k <= 20; k++) {
      show({ head: pose(camera([1.2, 0.9, 1.2 - 0.1 * k])) });
      frames(60);
      expect(world.equals(before)).toBe(true);
    }
    frames(1000);
    expect(world.equals(before)).toBe(false);
    const after = world.clone();
    show({ head: pose(camera([1.2, 0.9, -0.81])) });
    frames(1000);
    expect(world.equals(after)).toBe(true); // too small a change
  });

  it("is followed until a hand grabs the cloud, or the person leaves", () => {
    state.people.following.value = "d1.a";
    frames(600);
    grabs = true;
    frames(20);
    grabs = false;
    expect(state.people.following.value).toBe("");
    expect(state.xr.message.value).toBe("The cloud no longer follows Mia.");
    const before = world.clone();
    show({ head: pose(camera([-2, 0, 0])) });
    frames(1500);
    state.people.following.value = "d1.a";
    state.peers.value = new Map();
    frames(1500);
    expect(world.equals(before)).toBe(true);
  });

  it.each([
    ["paints", (busy: boolean) => (hands.stroke.active = busy)],
    ["holds items", (busy: boolean) => (hands.holding = busy)],
    ["moves a rule", (busy: boolean) => (rule.holding = busy)],
  ])("is not followed while a hand %s", (_, work) => {
    state.people.following.value = "d1.a";
    frames(200); // in the middle of a motion
    work(true);
    const before = world.clone();
    show({ head: pose(camera([-2, 0, 0])) });
    frames(1500);
    expect(world.equals(before)).toBe(true);
    work(false);
    frames(1000);
    expect(state.people.following.value).toBe("d1.a");
    expect(seen(new Vector3(-1, 0, 0)).z).toBeGreaterThan(seen(new Vector3()).z + 0.3);
    // The motion was complete: the head may move while a hand paints.
    const after = world.clone();
    head.position.x += 0.5;
    work(true);
    frames(100);
    work(false);
    frames(1000);
    expect(world.equals(after)).toBe(true);
  });

  it("is followed from the new place after the cloud was placed before the head", () => {
    state.people.following.value = "d1.a";
    frames(600);
    const recentred = () => {
      head.position.set(-1, 1.4, 0.5);
      head.orientation.setFromAxisAngle(new Vector3(0, 1, 0), -2);
      world.makeTranslation(0, 1.2, 0);
    };
    recentred();
    follower.again();
    frames(600);
    expect(state.people.following.value).toBe("d1.a");
    const followed = world.clone();
    recentred();
    follower = made();
    frames(600);
    expect(followed.elements.map((value, k) => value - world.elements[k]!)).toEqual(
      Array(16).fill(expect.closeTo(0)),
    );
    expect(followed.elements[12]).not.toBeCloseTo(0);
  });

  it("is followed again after a headset has slept", () => {
    state.people.following.value = "d1.a";
    frames(600);
    const before = world.clone();
    state.peers.value = new Map();
    frames(1000);
    show({ head: pose(from) });
    frames(1000);
    expect(world.equals(before)).toBe(true); // the view is the same
    show({ head: pose(camera([-2, 0, 0])) });
    frames(1500);
    expect(world.equals(before)).toBe(false);
    expect(state.people.following.value).toBe("d1.a");
  });

  it("is followed in one motion, also if a headset sleeps in the middle of it", () => {
    state.people.following.value = "d1.a";
    frames(200);
    const before = world.clone();
    state.peers.value = new Map();
    frames(1000);
    show({ head: pose(from) });
    frames(20);
    // The motion begins again from its place.
    expect(seen(new Vector3(), world).distanceTo(seen(new Vector3(), before))).toBeLessThan(1e-6);
    frames(1000);
    expect(seen(new Vector3()).length()).toBeCloseTo(CLOUD_DISTANCE);
  });

  it.each([
    ["grabs", () => (grabs = true)],
    ["turns", () => world.multiply(new Matrix4().makeRotationY(0.5))],
  ])("is not followed again if the user %s the cloud meanwhile", (_, act) => {
    for (const before of [600, 200]) {
      // 200 ms: the person leaves in the middle of a motion.
      show({ head: pose(camera([-2, 0, before / 1000])) });
      state.people.following.value = "d1.a";
      frames(before);
      state.xr.message.value = "";
      state.peers.value = new Map();
      frames(40);
      act();
      frames(20);
      expect(state.people.following.value).toBe("");
      expect(state.xr.message.value).toBe("The cloud no longer follows Mia.");
      grabs = false;
      const stays = world.clone();
      show({ head: pose(from) });
      frames(1000);
      expect(world.equals(stays)).toBe(true);
    }
  });

  it("is followed after the cloud was placed before the head meanwhile", () => {
    state.people.following.value = "d1.a";
    frames(200);
    state.peers.value = new Map();
    frames(40);
    world.makeTranslation(0, 1.2, 0);
    follower.again();
    frames(40);
    show({ head: pose(from) });
    frames(1000);
    expect(state.people.following.value).toBe("d1.a");
    expect(seen(new Vector3()).length()).toBeCloseTo(CLOUD_DISTANCE);
  });

  it("ends with a message without a name if the person was never known", () => {
    state.people.following.value = "d1.a";
    frames(40);
    state.people.following.value = "d2.b";
    frames(20);
    grabs = true;
    frames(20);
    expect(state.xr.message.value).toBe("The cloud no longer follows the other person.");
  });

  it("is no longer followed after the person has turned the cloud", () => {
    state.people.following.value = "d1.a";
    frames(600);
    state.sceneVersion.value += 1;
    world.multiply(new Matrix4().makeScale(1.1, 1.1, 1.1)); // of another box
    frames(100);
    expect(state.people.following.value).toBe("d1.a");
    world.multiply(new Matrix4().makeRotationY(0.5));
    frames(20);
    expect(state.people.following.value).toBe("");
  });
});

describe("the view of a head in VR", () => {
  const hand = pose(camera([0, 0, 0]));
  const visit = (eyes: PerspectiveCamera) => {
    show({ head: pose(eyes), left: hand, scale: 0.5 });
    state.people.visiting.value = "d1.a";
    frames(600);
  };
  it("has the scale of the other room, and the cloud is at the same distance", () => {
    visit(camera([0.1, 0.1, 0.4], middle));
    expect(world.getMaxScaleOnAxis()).toBeCloseTo(2);
    expect(seen(middle).length()).toBeCloseTo(2 * Math.hypot(0.1, 0.4));
    expect(seen(middle.clone().add(new Vector3(0.1, 0, 0))).x).toBeCloseTo(0.2);
  });
  it("does not depend on a glance at a board", () => {
    const eyes = camera([0.1, 0.1, 0.4], middle);
    visit(eyes);
    const straight = world.clone();
    eyes.rotateY(0.4);
    eyes.rotateX(-0.3);
    visit(eyes);
    const [a, b] = [straight, world].map((matrix) => matrix.toArray().slice(12, 15));
    expect(new Vector3(...a!).distanceTo(new Vector3(...b!))).toBeLessThan(0.12);
  });
});
