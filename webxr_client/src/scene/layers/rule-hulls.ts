/**
 * The rules that are on, as translucent hulls round their items. All hulls are one mesh, so that
 * they are one draw call. A hull is computed again when its items or their places have changed, one
 * hull per frame.
 */
import {
  BufferAttribute,
  BufferGeometry,
  type Camera,
  Mesh,
  Raycaster,
  Vector2,
  type Vector3Like,
} from "three";
import type { LatentState } from "../../state/latent-state.js";
import { sceneMetres } from "../../state/latent-state.js";
import { HullMaterial } from "./hull-material.js";
import { type HullMesh, hullSurface } from "./hull-surface.js";

/** Shortest time between two surfaces of one hull while points move, ms. */
const AGAIN_MS = 500;
/** Largest number of items of a hull that are read. */
const SAMPLES = 8000;
/** Rim of the chosen hull, and of the others. */
const CHOSEN = 1;
const OTHERS = 0.25;

export interface Hull {
  /** Number of the rule. */
  rule: number;
  /** Items of the rule, ascending. */
  items: Uint32Array;
  /** Colour of its class: red, green and blue, 0..1. */
  colour: readonly [number, number, number];
  /** Whether the rule is chosen. */
  chosen: boolean;
}

interface Shown {
  hull: Hull;
  surface: HullMesh | null;
  /** Version of the places of the surface; -1 before the first. */
  version: number;
  at: number;
}

export class RuleHulls {
  readonly mesh = new Mesh(new BufferGeometry(), new HullMaterial());
  private shown: Shown[] = [];
  private conflicts: ReadonlySet<number> = new Set();
  private readonly ray = new Raycaster();
  private readonly at = new Vector2();

  constructor(private readonly latent: LatentState) {
    this.mesh.frustumCulled = false;
    this.mesh.visible = false;
    this.mesh.renderOrder = -1; // behind the points, which stay legible
  }

  /** Show these hulls. `conflicts`: items whose votes disagree. */
  show(hulls: readonly Hull[], conflicts: ReadonlySet<number>, light: boolean): void {
    const before = new Map(this.shown.map((one) => [one.hull.rule, one]));
    const hotter = conflicts !== this.conflicts;
    // A label that changes no hull costs nothing.
    const same = hulls.length === before.size && hulls.every((one, k) => equal(one, this.shown[k]));
    if (same && !hotter && light === this.mesh.material.light) return;
    this.conflicts = conflicts;
    this.mesh.material.light = light;
    this.shown = hulls.map((hull) => {
      const old = before.get(hull.rule);
      const kept = old && !hotter && old.hull.items === hull.items;
      return kept
        ? { ...old, hull }
        : { hull, surface: old?.surface ?? null, version: -1, at: Number.NEGATIVE_INFINITY };
    });
    this.merge();
  }

  /** Compute at most one surface again. Returns whether the hulls have changed. */
  update(now: number): boolean {
    const { version } = this.latent;
    const stale = this.shown
      .filter((one) => one.version !== version && now - one.at >= AGAIN_MS)
      .sort((a, b) => a.at - b.at)[0];
    if (!stale) return false;
    stale.version = version;
    stale.at = now;
    stale.surface = this.surfaceOf(stale.hull.items);
    this.merge();
    return true;
  }

  /**
   * The rule whose hull a ray in scene metres hits first; 0 for none. The hull is at least `near`
   * metres of the room away.
   */
  hit({ origin, direction }: { origin: Vector3Like; direction: Vector3Like }, near = 0): number {
    this.ray.near = near;
    this.ray.ray.origin.copy(origin);
    this.ray.ray.direction.copy(direction).normalize();
    // `matrixWorld` moves and scales the ray from the scene into the room, in which three measures.
    this.ray.ray.applyMatrix4(this.mesh.matrixWorld);
    return this.first();
  }

  /** The rule whose hull is at a place of the view (x and y, -1..1); 0 for none. */
  under(x: number, y: number, camera: Camera): number {
    this.ray.near = 0;
    this.ray.setFromCamera(this.at.set(x, y), camera);
    return this.first();
  }

  /** Corners of the hull of a rule, three numbers each; null if it is not shown. */
  cornersOf(rule: number): Float32Array | null {
    return this.shown.find((one) => one.hull.rule === rule)?.surface?.places ?? null;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  private first(): number {
    if (!this.mesh.visible) return 0;
    const [found] = this.ray.intersectObject(this.mesh, false);
    if (!found?.face) return 0;
    let end = 0;
    for (const { hull, surface } of this.shown) {
      end += surface?.heat.length ?? 0;
      if (found.face.a < end) return hull.rule;
    }
    return 0;
  }

  private surfaceOf(items: Uint32Array): HullMesh | null {
    const { to, latentDim, n } = this.latent;
    const every = Math.max(1, Math.ceil(items.length / SAMPLES));
    const read = items.filter((item, k) => k % every === 0 && item < n);
    const places = new Float32Array(3 * read.length);
    const heat = new Uint8Array(read.length);
    read.forEach((item, k) => {
      for (let axis = 0; axis < latentDim; axis++)
        places[3 * k + axis] = sceneMetres(to[4 * item + axis]!);
      heat[k] = this.conflicts.has(item) ? 1 : 0;
    });
    return hullSurface({ places, heat, least: LEAST_CELL });
  }

  private merge(): void {
    const drawn = this.shown.filter((one) => one.surface);
    const corners = drawn.reduce((sum, one) => sum + one.surface!.heat.length, 0);
    const sides = drawn.reduce((sum, one) => sum + one.surface!.triangles.length, 0);
    const places = new Float32Array(3 * corners);
    const normals = new Float32Array(3 * corners);
    const tint = new Float32Array(3 * corners);
    const look = new Float32Array(2 * corners);
    const triangles = new Uint32Array(sides);
    let corner = 0;
    let side = 0;
    for (const { hull, surface } of drawn) {
      places.set(surface!.places, 3 * corner);
      normals.set(surface!.normals, 3 * corner);
      surface!.triangles.forEach((at, k) => {
        triangles[side + k] = at + corner;
      });
      surface!.heat.forEach((heat, k) => {
        tint.set(hull.colour, 3 * (corner + k));
        look[2 * (corner + k)] = hull.chosen ? CHOSEN : OTHERS;
        look[2 * (corner + k) + 1] = heat;
      });
      corner += surface!.heat.length;
      side += surface!.triangles.length;
    }
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(places, 3));
    geometry.setAttribute("normal", new BufferAttribute(normals, 3));
    geometry.setAttribute("tint", new BufferAttribute(tint, 3));
    geometry.setAttribute("look", new BufferAttribute(look, 2));
    geometry.setIndex(new BufferAttribute(triangles, 1));
    this.mesh.geometry.dispose();
    this.mesh.geometry = geometry;
    this.mesh.visible = sides > 0;
  }
}

/** Smallest side of a cell, scene metres. */
const LEAST_CELL = 0.012;

const equal = ({ rule, items, chosen, colour }: Hull, shown: Shown | undefined): boolean =>
  rule === shown?.hull.rule &&
  items === shown.hull.items &&
  chosen === shown.hull.chosen &&
  colour.every((part, k) => part === shown.hull.colour[k]);
