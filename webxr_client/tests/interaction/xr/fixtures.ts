/** Clouds, hands and rooms for tests, without a headset. */
import { type Group, Matrix4, Quaternion, Vector3 } from "three";
import { TrackedHand } from "../../../src/interaction/xr/input/tracked-hand.js";
import { GRID_STEPS } from "../../../src/protocol/messages.js";
import { LatentState } from "../../../src/state/latent-state.js";

/** Numbers 0..1 that are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A cloud at these places of the scene, metres. */
export function latentOf(points: readonly (readonly number[])[], dimension = 3): LatentState {
  const latent = new LatentState();
  latent.n = points.length;
  latent.latentDim = dimension;
  latent.to = new Uint16Array(4 * points.length);
  points.forEach((point, i) => {
    for (let axis = 0; axis < dimension; axis++)
      latent.to[4 * i + axis] = Math.round(((point[axis] as number) + 0.5) * (GRID_STEPS - 1));
  });
  latent.from = latent.to.slice();
  latent.revision = latent.received = 7;
  latent.version = 1;
  return latent;
}

/** Round heaps of `count` points each, normally distributed. */
export function blobs(
  centres: readonly (readonly number[])[],
  count: number,
  spread: number,
  seed: number,
): { points: number[][]; group: number[] } {
  const random = seeded(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const points: number[][] = [];
  const group: number[] = [];
  centres.forEach((centre, k) => {
    for (let i = 0; i < count; i++) {
      points.push(centre.map((value) => value + spread * normal()));
      group.push(k);
    }
  });
  return { points, group };
}

/** A hand whose poses the test sets; `pulses`: what it felt. */
export class FakeHand extends TrackedHand {
  readonly pulses: number[] = [];
  private bareHand = false;

  constructor(side: "left" | "right", bare = false) {
    super(side);
    this.bareHand = bare;
    this.appear();
  }

  override get bare(): boolean {
    return this.bareHand;
  }

  override pulse(strength: number): void {
    this.pulses.push(strength);
  }

  /** The test moves it; there is no headset to read from. */
  override update(): void {}

  appear(): void {
    this.source = { handedness: this.side } as XRInputSource;
    this.spaces = { ray: {} as Group, grip: {} as Group, hand: {} as never };
    this.tracked = true;
    this.lostSince = 0;
  }

  /** Brush, hand and grab are at one place here. */
  at(x: number, y: number, z: number): this {
    this.position.set(x, y, z);
    this.brush.set(x, y, z);
    this.touch.set(x, y, z);
    this.rayOrigin.set(x, y, z);
    this.rayDirection.set(0, 1, 0); // nowhere near the palette
    this.pose.compose(this.position, new Quaternion(), new Vector3(1, 1, 1));
    return this;
  }
}

export const identity = () => new Matrix4();

/**
 * Bytes that a frame leaves to the garbage collector. Numbers that are handed on between functions are boxed, 16 bytes each; a matrix, a list or a
 * text in every frame would be more.
 */
export function bytesAFrame(frame: () => void): number {
  for (let k = 0; k < 30_000; k++) frame(); // until the engine has compiled it: before, it boxes every number
  const count = 5000;
  const rounds = Array.from({ length: 7 }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let k = 0; k < count; k++) frame();
    return (process.memoryUsage().heapUsed - before) / count;
  });
  // The collector may come in between: most rounds are without.
  return rounds.sort((a, b) => a - b)[3] as number;
}
