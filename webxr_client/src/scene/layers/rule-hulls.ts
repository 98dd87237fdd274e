/**
 * The rules that are on, as translucent hulls round their items. All hulls are one mesh, so that
 * they are one draw call. A hull is computed again when its items or their places have changed, one
 * hull per frame.
 */
import {
  BufferAttribute,
  BufferGeometry,
  type Camera,
  Matrix4,
  Mesh,
  Raycaster,
  Triangle,
  Vector2,
  Vector3,
  type Vector3Like,
} from "three";
import type { LatentState } from "../../state/latent-state.js";
import { sceneMetres } from "../../state/latent-state.js";
import { HullMaterial } from "./hull-material.js";
import { type HullMesh, hullSurface, isInside, mainPart } from "./hull-surface.js";

/** Shortest time between two surfaces of one hull while points move, ms. */
const AGAIN_MS = 500;
/** Largest number of items of a hull that are read. */
const SAMPLES = 8000;
/** Rim of the chosen hull, and of the others. */
const CHOSEN = 1;
const OTHERS = 0.25;
/** Least z of the normal of a triangle that faces the viewer of a flat map. */
const FACE = 0.7;

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
  /** Corners of the main part of the surface; null until they are needed. */
  part: Float32Array | null;
  /** Version of the places of the surface; -1 before the first. */
  version: number;
  at: number;
}

/** A hull that is shown away from the items of its rule, by a motion in scene metres. */
interface Moved {
  rule: number;
  /** Items of the rule when the motion began. With other items, the hull is at its own place. */
  items: Uint32Array;
  motion: Matrix4;
}

const point = new Vector3();
const nearest = new Vector3();
const side = new Triangle();
const back = new Matrix4();

export class RuleHulls {
  readonly mesh = new Mesh(new BufferGeometry(), new HullMaterial());
  private shown: Shown[] = [];
  private conflicts: ReadonlySet<number> = new Set();
  private moved: Moved | null = null;
  private readonly ray = new Raycaster();
  private readonly at = new Vector2();
  private readonly middle = new Vector3();

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
    if (!hulls.some(({ rule }) => rule === this.moved?.rule)) this.moved = null;
    this.shown = hulls.map((hull) => {
      const old = before.get(hull.rule);
      const kept = old && !hotter && old.hull.items === hull.items;
      return kept
        ? { ...old, hull }
        : {
            hull,
            surface: old?.surface ?? null,
            part: null,
            version: -1,
            at: Number.NEGATIVE_INFINITY,
          };
    });
    this.merge();
  }

  /** Compute at most one surface again. Returns whether the hulls have changed. */
  update(now: number): boolean {
    const { version } = this.latent;
    const stale = this.shown
      .filter((one) => one.version !== version && now - one.at >= AGAIN_MS)
      .filter(({ hull }) => hull.rule !== this.moved?.rule || hull.items !== this.moved.items)
      .sort((a, b) => a.at - b.at)[0];
    if (!stale) return false;
    if (stale.hull.rule === this.moved?.rule) this.moved = null;
    stale.version = version;
    stale.at = now;
    stale.surface = this.surfaceOf(stale.hull.items);
    stale.part = null;
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

  /**
   * The rule whose hull has its surface within a distance of a place; 0 for none. Of several, it is
   * the rule of the nearest surface. Place and distance: scene metres. The surface on a flat map is
   * the rim, because the faces are at all places of the map.
   */
  beside(place: Vector3Like, distance: number): number {
    const { index, attributes } = this.mesh.geometry;
    if (!this.mesh.visible || !index) return 0;
    const flat = this.latent.latentDim === 2;
    let found = 0;
    let least = distance;
    let k = 0;
    for (const { hull, surface } of this.shown)
      for (const end = k + (surface?.triangles.length ?? 0); k < end; k += 3) {
        const { array: corners } = index;
        side.setFromAttributeAndIndices(
          attributes.position!,
          corners[k]!,
          corners[k + 1]!,
          corners[k + 2]!,
        );
        if (flat && Math.abs(side.getNormal(nearest).z) > FACE) continue;
        const away = side.closestPointToPoint(point.copy(place), nearest).distanceTo(point);
        if (away > least) continue;
        least = away;
        found = hull.rule;
      }
    return found;
  }

  /**
   * Corners of the main part of the hull of a rule, three numbers each; null if it is not shown.
   * Items elsewhere can give a hull more parts.
   */
  cornersOf(rule: number): Float32Array | null {
    const one = this.find(rule);
    if (!one?.surface) return null;
    one.part ??= mainPart(one.surface);
    return one.part;
  }

  /**
   * Median of the places of the items in the hull of a rule; null if it is not shown. The next call
   * changes the returned vector.
   */
  middleOf(rule: number): Vector3 | null {
    const surface = this.find(rule)?.surface;
    return surface ? this.middle.fromArray(surface.middle) : null;
  }

  /** The rule whose hull is shown away from its items; 0 for none. */
  get movedRule(): number {
    return this.moved?.rule ?? 0;
  }

  /** Show the hull of a rule moved by `motion`, in scene metres; null shows it at its place. */
  move(rule: number, motion: Matrix4 | null): void {
    const one = this.find(rule);
    const { moved } = this;
    if (!motion || !one) {
      if (moved?.rule === rule) this.moved = null;
    } else if (moved?.rule === rule && moved.items === one.hull.items) moved.motion.copy(motion);
    else this.moved = { rule, items: one.hull.items, motion: motion.clone() };
    if (!one?.surface) return;
    const { geometry } = this.mesh;
    const { position, normal } = geometry.attributes;
    let corner = 0;
    for (const { hull, surface } of this.shown) {
      if (hull.rule === rule) break;
      corner += surface?.heat.length ?? 0;
    }
    this.put(one, corner, position!.array as Float32Array, normal!.array as Float32Array);
    position!.needsUpdate = normal!.needsUpdate = true;
    geometry.boundingSphere = null;
  }

  private find(rule: number): Shown | undefined {
    for (const one of this.shown) if (one.hull.rule === rule) return one;
    return undefined;
  }

  /** Write the corners of a hull, which are `corner` and the following, at their shown places. */
  private put(one: Shown, corner: number, places: Float32Array, normals: Float32Array): void {
    const { hull, surface } = one;
    places.set(surface!.places, 3 * corner);
    normals.set(surface!.normals, 3 * corner);
    if (hull.rule !== this.moved?.rule) return;
    const { motion } = this.moved;
    const end = 3 * (corner + surface!.heat.length);
    for (let k = 3 * corner; k < end; k += 3) {
      point.fromArray(places, k).applyMatrix4(motion).toArray(places, k);
      point.fromArray(normals, k).transformDirection(motion).toArray(normals, k);
    }
  }

  /** Items inside the hull of a rule that is moved by `motion`, ascending. */
  insideOf(rule: number, motion: Matrix4): Uint32Array {
    const surface = this.find(rule)?.surface;
    if (!surface) return new Uint32Array(0);
    const { to, latentDim, n } = this.latent;
    const { elements: e } = back.copy(motion).invert();
    const found: number[] = [];
    for (let item = 0; item < n; item++) {
      if (to[4 * item + 3] !== 0) continue;
      const x = sceneMetres(to[4 * item]!);
      const y = sceneMetres(to[4 * item + 1]!);
      const z = latentDim === 2 ? 0 : sceneMetres(to[4 * item + 2]!);
      if (
        isInside(
          surface.field,
          e[0]! * x + e[4]! * y + e[8]! * z + e[12]!,
          e[1]! * x + e[5]! * y + e[9]! * z + e[13]!,
          e[2]! * x + e[6]! * y + e[10]! * z + e[14]!,
        )
      )
        found.push(item);
    }
    return Uint32Array.from(found);
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
    for (const one of drawn) {
      const { hull, surface } = one;
      this.put(one, corner, places, normals);
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
