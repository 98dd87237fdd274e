/** The palette at a hand that trembles, and under the fingertip of the other hand. */
import { Object3D, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { HeadPose } from "../../../../src/interaction/xr/placement/head-pose.js";
import { OneEuro } from "../../../../src/interaction/xr/placement/one-euro.js";
import { PalettePlacement } from "../../../../src/interaction/xr/placement/palette-placement.js";
import { seeded } from "../fixtures.js";

const FRAME = 1 / 72;
const REST = new Vector3(-0.25, 1.2, 0.2);

let palette: Object3D;
let placement: PalettePlacement;
let head: HeadPose;
let hand: {
  side: "left";
  source: unknown;
  tracked: boolean;
  transient: boolean;
  position: Vector3;
};

const at = () => new Vector3().setFromMatrixPosition(palette.matrix);
const frames = (count: number, touched = false, move: () => void = () => {}) =>
  Array.from({ length: count }, () => {
    move();
    placement.update(palette, head, hand, FRAME, touched);
    return at();
  });
const spread = (places: Vector3[]) => {
  const mean = places.reduce((sum, place) => sum.add(place), new Vector3());
  mean.divideScalar(places.length);
  return Math.sqrt(places.reduce((sum, p) => sum + p.distanceToSquared(mean), 0) / places.length);
};

beforeEach(() => {
  palette = new Object3D();
  placement = new PalettePlacement();
  head = new HeadPose();
  head.position.set(0, 1.6, 0.6);
  placement.park(head);
  hand = { side: "left", source: {}, tracked: true, transient: false, position: REST.clone() };
});

describe("the palette", () => {
  it("is at its place in the first frame, without an approach", () => {
    const [first] = frames(1);
    frames(100);
    expect(first!.distanceTo(at())).toBeLessThan(1e-9);
  });
  it("trembles by less than a third of the hand", () => {
    const random = seeded(3);
    const places: Vector3[] = [];
    frames(144, false, () => {
      const noise = () => 0.008 * (random() - 0.5); // the noise of tracked hands is 2 to 5 mm
      hand.position.copy(REST).add(new Vector3(noise(), noise(), noise()));
      places.push(hand.position.clone());
    });
    const shown = frames(144, false, () => {
      const noise = () => 0.008 * (random() - 0.5);
      hand.position.copy(REST).add(new Vector3(noise(), noise(), noise()));
    });
    expect(spread(shown)).toBeLessThan(spread(places) / 3);
  });
  it("follows a hand at 0.5 m/s at a distance of less than 2 cm", () => {
    frames(10);
    const offset = at().sub(hand.position);
    frames(40, false, () => hand.position.setX(hand.position.x + 0.5 * FRAME));
    expect(at().sub(offset).distanceTo(hand.position)).toBeLessThan(0.02);
  });
  it("holds still at a fingertip, and then follows its hand again", () => {
    frames(10);
    const before = at();
    hand.position.x += 0.03;
    frames(30, true);
    expect(at().equals(before)).toBe(true);
    frames(100);
    expect(at().x - before.x).toBeCloseTo(0.03, 3);
  });
  it("does not stay at a fingertip when its hand leaves", () => {
    frames(10);
    hand.position.x += 0.3;
    const before = at();
    frames(60, true);
    expect(at().x - before.x).toBeGreaterThan(0.15);
  });
  it("stays where it is while the hand is lost, and is parked without a hand", () => {
    frames(10);
    const before = at();
    hand.tracked = false;
    hand.position.x += 1;
    frames(10);
    expect(at().equals(before)).toBe(true);
    Object.assign(hand, { source: null });
    frames(1);
    const parked = at();
    Object.assign(hand, { source: {}, tracked: true, transient: true }); // the hand pinches
    frames(10);
    expect(at().equals(parked)).toBe(true);
  });
});

describe("the filter of tracked points", () => {
  it("delays a slow ramp by about 80 ms", () => {
    const filter = new OneEuro(2, 0);
    const point = new Vector3();
    let x = 0;
    for (let k = 0; k < 200; k++) {
      x = 0.01 * k * FRAME;
      filter.filter(point.set(x, 0, 0), FRAME);
    }
    const delay = (x - point.x) / 0.01;
    expect(delay).toBeGreaterThan(0.07);
    expect(delay).toBeLessThan(0.09);
  });
  it("forgets the past after a reset", () => {
    const filter = new OneEuro(2, 0);
    filter.filter(new Vector3(5, 5, 5), FRAME);
    filter.reset();
    const point = new Vector3(1, 2, 3);
    filter.filter(point, FRAME);
    expect(point.toArray()).toEqual([1, 2, 3]);
  });
});
