import { Matrix4, Ray, Raycaster, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import {
  type HullMesh,
  hullSurface,
  isInside,
  mainPart,
} from "../../../src/scene/layers/hull-surface.js";
import { RuleHulls } from "../../../src/scene/layers/rule-hulls.js";
import { LatentState } from "../../../src/state/latent-state.js";

/** Pseudo-random places in balls of radius 1 round the middles. */
function balls(middles: readonly number[][], each: number, flat = false): Float32Array {
  let at = 1;
  const next = () => {
    at = (1664525 * at + 1013904223) % 2 ** 32;
    return (2 * (at + 0.5)) / 2 ** 32 - 1;
  };
  const places: number[] = [];
  for (const middle of middles)
    for (let n = 0; n < each; ) {
      const [x, y, z] = [next(), next(), flat ? 0 : next()];
      if (x * x + y * y + z * z > 1) continue;
      places.push(middle[0]! + x, middle[1]! + y, middle[2]! + z);
      n += 1;
    }
  return Float32Array.from(places);
}

const surface = (places: Float32Array, heat = new Uint8Array(places.length / 3)) =>
  hullSurface({ places, heat, least: 0.01 })!;

const corner = ({ places }: HullMesh, k: number) => new Vector3().fromArray(places, 3 * k);

/** Volume inside the mesh, which is positive if the triangles face outwards. */
function volume(mesh: HullMesh): number {
  let sum = 0;
  for (let k = 0; k < mesh.triangles.length; k += 3) {
    const [a, b, c] = [0, 1, 2].map((j) => corner(mesh, mesh.triangles[k + j]!));
    sum += a!.dot(b!.cross(c!)) / 6;
  }
  return sum;
}

describe("hullSurface", () => {
  it("encloses a ball with little more than the ball, and faces outwards", () => {
    const mesh = surface(balls([[3, -2, 5]], 3000));
    const ball = (4 / 3) * Math.PI;
    expect(volume(mesh)).toBeGreaterThan(ball);
    expect(volume(mesh)).toBeLessThan(2.2 * ball);
    const middle = new Vector3(3, -2, 5);
    const away = Array.from(mesh.heat, (_, k) => corner(mesh, k).sub(middle));
    const lengths = away.map((at) => at.length());
    expect(Math.min(...lengths)).toBeGreaterThan(0.8);
    expect(Math.max(...lengths)).toBeLessThan(1.7);
    const outwards = away.map((at, k) => at.dot(new Vector3().fromArray(mesh.normals, 3 * k)));
    expect(Math.min(...outwards)).toBeGreaterThan(0.2);
  });
  it("is closed: each edge belongs to two triangles", () => {
    const { triangles } = surface(
      balls(
        [
          [0, 0, 0],
          [5, 0, 0],
        ],
        800,
      ),
    );
    const edges = new Map<string, number>();
    for (let k = 0; k < triangles.length; k += 3)
      for (let j = 0; j < 3; j++) {
        const [a, b] = [triangles[k + j]!, triangles[k + ((j + 1) % 3)]!];
        edges.set(`${a} ${b}`, (edges.get(`${a} ${b}`) ?? 0) + 1);
      }
    const open = [...edges].filter(
      ([edge, n]) => edges.get(edge.split(" ").reverse().join(" ")) !== n,
    );
    expect(open).toEqual([]);
  });
  it("has a part per cluster, and leaves out single outliers", () => {
    const two = balls(
      [
        [0, 0, 0],
        [8, 0, 0],
      ],
      1500,
    );
    const places = Float32Array.from([...two, 4, 0, 0]);
    const mesh = surface(places);
    const near = Array.from(mesh.heat, (_, k) => corner(mesh, k).x);
    expect(near.some((x) => x < 1)).toBe(true);
    expect(near.some((x) => x > 7)).toBe(true);
    expect(near.filter((x) => x > 2.5 && x < 5.5)).toEqual([]);
    const left = near.filter((x) => x < 4).length;
    const main = mainPart({ ...mesh, middle: [0.5, 0, 0] });
    expect(main).toHaveLength(3 * left);
    expect(main.every((x, k) => k % 3 > 0 || x < 4)).toBe(true);
  });
  it("has no cavities in a hull of few items", () => {
    const { field, places } = surface(balls([[0, 0, 0]], 300));
    for (let x = -0.4; x < 0.41; x += 0.1)
      for (let y = -0.4; y < 0.41; y += 0.1) expect(isInside(field, x, y, 0.1)).toBe(true);
    const away = Array.from({ length: places.length / 3 }, (_, k) =>
      Math.hypot(...places.subarray(3 * k, 3 * k + 3)),
    );
    expect(Math.min(...away)).toBeGreaterThan(0.45);
  });
  it("is bright where votes disagree", () => {
    const places = balls([[0, 0, 0]], 3000);
    const heat = new Uint8Array(3000).map((_, k) => (places[3 * k]! > 0.5 ? 1 : 0));
    const mesh = surface(places, heat);
    const of = (wanted: (x: number) => boolean) => {
      const all = Array.from(mesh.heat).filter((_, k) => wanted(mesh.places[3 * k]!));
      return all.reduce((a, b) => a + b, 0) / all.length;
    };
    expect(of((x) => x > 0.9)).toBeGreaterThan(0.8);
    expect(of((x) => x < -0.3)).toBe(0);
  });
  it("encloses a flat map and few items, and is null without items", () => {
    expect(volume(surface(balls([[0, 0, 0]], 500, true)))).toBeGreaterThan(0);
    expect(volume(surface(Float32Array.of(0, 0, 0)))).toBeGreaterThan(0);
    expect(
      hullSurface({ places: new Float32Array(0), heat: new Uint8Array(0), least: 1 }),
    ).toBeNull();
  });
});

describe("RuleHulls", () => {
  /** Two clusters at the left and right of the box. */
  function made() {
    const latent = new LatentState();
    const at = balls(
      [
        [-3, 0, 0],
        [3, 0, 0],
      ],
      300,
    );
    const positions = new Uint16Array(4 * 600);
    for (let item = 0; item < 600; item++)
      for (let axis = 0; axis < 3; axis++)
        positions[4 * item + axis] = (0.5 + at[3 * item + axis]! / 10) * 65535;
    latent.n = 600;
    latent.to = positions;
    latent.version = 1;
    const items = (from: number) => Uint32Array.from({ length: 300 }, (_, k) => from + k);
    const hull = (rule: number, from: number, chosen = false) => ({
      rule,
      items: items(from),
      colour: [1, 0, 0] as const,
      chosen,
    });
    return { latent, hulls: new RuleHulls(latent), hull };
  }
  const towards = (x: number) => new Ray(new Vector3(x, 0, 2), new Vector3(0, 0, -1));

  /** Place on the x axis at which the leftmost hull begins. */
  const leftRim = ({ mesh }: RuleHulls): number =>
    new Raycaster(new Vector3(-2, 0, 0), new Vector3(1, 0, 0)).intersectObject(mesh)[0]!.point.x;

  it("finds the rule that a ray hits", () => {
    const { hulls, hull } = made();
    hulls.show([hull(7, 0), hull(9, 300, true)], new Set(), false);
    expect(hulls.hit(towards(-0.3))).toBe(0);
    expect([hulls.update(0), hulls.update(0), hulls.update(0)]).toEqual([true, true, false]);
    expect([-0.3, 0, 0.3].map((x) => hulls.hit(towards(x)))).toEqual([7, 0, 9]);
    hulls.show([hull(9, 300)], new Set(), false);
    hulls.update(0);
    expect([-0.3, 0.3].map((x) => hulls.hit(towards(x)))).toEqual([0, 9]);
    hulls.show([], new Set(), false);
    expect(hulls.mesh.visible).toBe(false);
  });
  it("has the items inside of a hull that was moved and scaled, as it is shown", () => {
    const { hulls, hull } = made();
    hulls.show([hull(9, 300), hull(7, 0)], new Set(), false);
    for (let k = 0; k < 2; k++) hulls.update(0);
    const at = (x: number, scale = 1) =>
      new Matrix4()
        .makeTranslation(x - 0.3, 0, 0)
        .scale(new Vector3(scale, scale, scale))
        .multiply(new Matrix4().makeTranslation(0.3, 0, 0));
    const left = hulls.insideOf(7, at(0));
    expect(left.length).toBeGreaterThan(285);
    expect(left.every((item) => item < 300)).toBe(true);
    const right = hulls.insideOf(7, at(0.6));
    expect(right.length).toBeGreaterThan(255);
    expect(right.every((item) => item >= 300)).toBe(true);
    expect(hulls.insideOf(7, at(0.3))).toHaveLength(0);
    expect(hulls.insideOf(7, at(0, 2)).length).toBe(300);
    expect(hulls.insideOf(7, at(0, 0.5)).length).toBeLessThan(120);
    expect(hulls.middleOf(7)!.x).toBeCloseTo(-0.3, 1);
    expect(hulls.middleOf(8)).toBeNull();
    hulls.show([hull(7, 0)], new Set(), false);
    hulls.move(7, at(0.6));
    expect([-0.3, 0.3].map((x) => hulls.hit(towards(x)))).toEqual([0, 7]);
    expect(hulls.update(5000)).toBe(false);
    hulls.move(8, null);
    expect(hulls.movedRule).toBe(7);
    hulls.move(7, null);
    expect([-0.3, 0.3].map((x) => hulls.hit(towards(x)))).toEqual([7, 0]);
    hulls.move(7, at(0.6));
    hulls.show([], new Set(), false);
    expect(hulls.movedRule).toBe(0);
  });
  it("is found at its surface, on both sides: the nearest within a distance", () => {
    const { hulls, hull } = made();
    expect(hulls.beside(new Vector3(-0.3, 0, 0), 1)).toBe(0);
    hulls.show([hull(9, 300), hull(7, 0)], new Set(), false);
    for (let k = 0; k < 2; k++) hulls.update(0);
    const at = (x: number, distance: number) => hulls.beside(new Vector3(x, 0, 0), distance);
    expect([at(-0.3, 0.2), at(0.3, 0.2), at(0, 0.05)]).toEqual([7, 9, 0]);
    expect([at(-0.1, 0.3), at(0.1, 0.3)]).toEqual([7, 9]);
  });
  it("is not taken deep inside, where two hands grab the world", () => {
    const { hulls, hull } = made();
    hulls.show([hull(9, 300), hull(7, 0)], new Set(), false);
    for (let k = 0; k < 2; k++) hulls.update(0);
    const rim = leftRim(hulls);
    const at = (x: number, y = 0) => hulls.beside(new Vector3(x, y, 0), 0.03);
    expect([rim - 0.04, rim - 0.02, rim + 0.02, rim + 0.04, -0.3].map((x) => at(x))).toEqual([
      0, 7, 7, 0, 0,
    ]);
    hulls.move(7, new Matrix4().makeTranslation(0, 0.4, 0));
    expect([at(rim), at(rim, 0.4)]).toEqual([0, 7]);
  });
  it("is taken at its rim on a flat map, where its faces are at all its points", () => {
    const { latent, hulls, hull } = made();
    latent.latentDim = 2;
    hulls.show([hull(7, 0)], new Set(), false);
    hulls.update(0);
    const at = (x: number) => hulls.beside(new Vector3(x, 0, 0), 0.03);
    const rim = leftRim(hulls);
    expect([rim - 0.05, rim, -0.3].map(at)).toEqual([0, 7, 0]);
  });
  it("moves to the new items of its rule when they arrive", () => {
    const { latent, hulls, hull } = made();
    hulls.show([hull(7, 0)], new Set(), false);
    hulls.update(0);
    hulls.move(7, new Matrix4().makeTranslation(0, 0.3, 0));
    latent.version += 1;
    expect(hulls.update(5000)).toBe(false); // a moved hull keeps its shape
    hulls.show([hull(7, 300)], new Set(), false);
    expect(hulls.update(9000)).toBe(true);
    expect([-0.3, 0.3].map((x) => hulls.hit(towards(x)))).toEqual([0, 7]);
  });
  it("is built again only if a hull has changed", () => {
    const { hulls, hull } = made();
    const [one, conflicts] = [hull(7, 0), new Set<number>()];
    hulls.show([one], conflicts, false);
    hulls.update(0);
    const { geometry } = hulls.mesh;
    hulls.show([{ ...one, colour: [1, 0, 0] }], conflicts, false);
    expect(hulls.mesh.geometry).toBe(geometry);
    const changes = [
      { chosen: true },
      { colour: [0, 1, 0] as const },
      { items: Uint32Array.of(1) },
    ];
    for (const change of changes) {
      const before = hulls.mesh.geometry;
      hulls.show([{ ...one, ...change }], conflicts, false);
      expect(hulls.mesh.geometry).not.toBe(before);
    }
    hulls.show([one], new Set([1]), false);
    expect(hulls.update(1000)).toBe(true); // brighter where votes disagree
    hulls.show([], conflicts, false);
    expect(hulls.mesh.visible).toBe(false);
  });
  it("follows the points, each hull at most twice per second", () => {
    const { latent, hulls, hull } = made();
    hulls.show([hull(7, 0)], new Set(), false);
    hulls.update(0);
    for (let k = 0; k < latent.to.length; k += 4) latent.to[k] = latent.to[k]! * 0.8 + 13000;
    latent.version += 1;
    expect(hulls.update(100)).toBe(false);
    expect(hulls.update(600)).toBe(true);
    expect(hulls.hit(towards(-0.24 + 0.1))).toBe(7);
    expect(hulls.update(5000)).toBe(false);
  });
});
