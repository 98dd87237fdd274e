/**
 * The lines at points: forces as arrows, previous places as trails, and the standard deviation of
 * the encoder as a halo. Arrows are drawn on the hovered item, the selection or all items, one per
 * chosen term. The length of an arrow is relative to the other arrows.
 */
import { Color, Group } from "three";
import type { AppState } from "../../state/app-state.js";
import { TERM_COLOURS, TERMS, type Term } from "../../state/force-state.js";
import { sceneMetres } from "../../state/latent-state.js";
import { Lines } from "./lines.js";

/** Length of an arrow whose force is at the 95th percentile, scene metres. */
const LONG = 0.09;
/** Replaces LONG if more than MANY arrows are drawn, scene metres. */
const LONG_OF_MANY = 0.04;
const MANY = 400;
/** Largest length of an arrow, scene metres. */
const LONGEST = 0.13;
/** Largest length of an arrowhead, scene metres. */
const LONGEST_HEAD = 0.014;
const MOST_ARROWS = 20_000;
const MOST_TRAILS = 3000;
/** Length of an arrowhead, as a share of the length of the arrow. */
const HEAD = 0.28;
const CIRCLE = 32;

const colours = new Map<Term, Color>(TERMS.map((term) => [term, new Color(TERM_COLOURS[term])]));
const WHITE = new Color("#c9d6e6");
const vector: [number, number, number] = [0, 0, 0];

interface Arrow {
  item: number;
  term: Term;
  force: [number, number, number];
  size: number;
}

export class ForceLines {
  readonly group = new Group();
  readonly arrows = new Lines(0.95);
  readonly trails = new Lines(0.6);
  readonly halo = new Lines(0.8);
  private shownVersion = -1;
  private shownForces = -1;
  private past: Uint16Array[] = [];

  constructor(private readonly state: AppState) {
    this.group.add(this.trails.object, this.arrows.object, this.halo.object);
  }

  /** Update the lines, once per frame. Returns whether points or forces have changed. */
  update(): boolean {
    const { latent, forces } = this.state;
    const moved = latent.version !== this.shownVersion;
    if (!moved && forces.version.value === this.shownForces) return false;
    this.shownVersion = latent.version;
    this.shownForces = forces.version.value;
    if (moved) this.remember();
    this.drawArrows();
    this.drawHalo();
    return true;
  }

  /** Draw everything again in the next frame, after a change of scene, selection or setting. */
  invalidate(): void {
    this.shownForces = -1;
  }

  /** Remove the stored positions of the trails, because they belong to the previous scene. */
  forget(): void {
    this.past = [];
    this.invalidate();
  }

  private remember(): void {
    const { latent, forces } = this.state;
    const steps = forces.trails.peek();
    if (steps === 0) {
      this.past = [];
      if (this.trails.object.visible) this.drawTrails();
      return;
    }
    if (this.past[0]?.length !== latent.to.length) this.past = [];
    const oldest =
      this.past.length > steps
        ? (this.past.shift() as Uint16Array)
        : new Uint16Array(latent.to.length);
    oldest.set(latent.to);
    this.past.push(oldest);
    while (this.past.length > steps + 1) this.past.shift();
    this.drawTrails();
  }

  private drawTrails(): void {
    const { latent, selection } = this.state;
    const chosen = selection.peek().items;
    const all = chosen.length === 0;
    const n = all ? latent.n : chosen.length;
    const every = Math.max(1, Math.ceil(n / MOST_TRAILS));
    const steps = this.past.length - 1;
    this.trails.begin(Math.max(0, steps) * Math.ceil(n / every));
    for (let k = 0; k < steps; k++) {
      const a = this.past[k] as Uint16Array;
      const b = this.past[k + 1] as Uint16Array;
      const age = (k + 1) / steps;
      for (let j = 0; j < n; j += every) {
        const at = 4 * (all ? j : chosen[j]!);
        if (a[at] === b[at] && a[at + 1] === b[at + 1] && a[at + 2] === b[at + 2]) continue;
        this.trails.add(
          x(a, at),
          x(a, at + 1),
          this.z(a, at),
          x(b, at),
          x(b, at + 1),
          this.z(b, at),
          WHITE,
          age * 0.6,
          age,
        );
      }
    }
    this.trails.end();
  }

  private drawArrows(): void {
    const arrows = this.chosenArrows();
    const sizes = arrows.map((arrow) => arrow.size).sort((a, b) => a - b);
    const strong = sizes[Math.ceil(0.95 * (sizes.length - 1))] || 1;
    const long = arrows.length > MANY ? LONG_OF_MANY : LONG;
    this.arrows.begin(3 * arrows.length);
    for (const arrow of arrows) this.drawArrow(arrow, strong, long);
    this.arrows.end();
  }

  private chosenArrows(): Arrow[] {
    const { forces, hovered, selection, latent } = this.state;
    const shown = forces.shown.peek();
    const arrows: Arrow[] = [];
    if (shown === "off") return arrows;
    const terms = TERMS.filter((term) => forces.terms.peek().has(term));
    const hover = hovered.peek()?.item;
    const few = shown === "selected" ? selection.peek().items : hover === undefined ? [] : [hover];
    const count = shown === "all" ? latent.n : few.length;
    if (forces.frame && forces.frame.header.n !== latent.n) return arrows;
    const every = Math.max(1, Math.ceil((count * terms.length) / MOST_ARROWS));
    for (let k = 0; k < count; k += every)
      for (const term of terms) this.add(shown === "all" ? k : few[k]!, term, arrows);
    return arrows;
  }

  private add(item: number, term: Term, arrows: Arrow[]): void {
    if (!this.state.forces.read(term, item, vector)) return;
    const size = Math.hypot(...vector);
    if (size > 0) arrows.push({ item, term, force: [...vector], size });
  }

  private drawArrow({ item, term, force, size }: Arrow, strong: number, long: number): void {
    const { to } = this.state.latent;
    // The square root keeps a force visible beside a force that is ten times as strong.
    const length = Math.min(LONGEST, long * Math.sqrt(size / strong));
    const [dx, dy, dz] = force.map((f) => f / size) as [number, number, number];
    const at = 4 * item;
    const [px, py, pz] = [x(to, at), x(to, at + 1), this.z(to, at)];
    const [ex, ey, ez] = [px + dx * length, py + dy * length, pz + dz * length];
    const colour = colours.get(term) as Color;
    this.arrows.add(px, py, pz, ex, ey, ez, colour, 0.55, 1);
    // The two lines of the arrowhead spread at right angles to the arrow, in the xy plane.
    const flat = Math.hypot(dx, dy) || 1e-6;
    const [sx, sy] = [-dy / flat, dx / flat];
    const back = Math.min(length * HEAD, LONGEST_HEAD);
    for (const side of [-0.5, 0.5]) {
      this.arrows.add(
        ex,
        ey,
        ez,
        ex - back * dx + side * back * sx,
        ey - back * dy + side * back * sy,
        ez - back * dz,
        colour,
      );
    }
  }

  /**
   * Draw the encoder's standard deviation around the latent mean of the hovered item, as one circle
   * per plane of two axes.
   */
  private drawHalo(): void {
    const { forces, hovered, latent } = this.state;
    const item = hovered.peek()?.item ?? -1;
    const sigma = forces.seen.peek().get(item)?.sigma;
    this.halo.begin(sigma ? 3 * CIRCLE : 0);
    if (sigma) {
      const at = 4 * item;
      const middle = [x(latent.to, at), x(latent.to, at + 1), this.z(latent.to, at)] as const;
      const radius = [0, 1, 2].map((axis) => (sigma[axis] ?? 0) / latent.box.size) as [
        number,
        number,
        number,
      ];
      for (let axis = 0; axis < (latent.latentDim === 2 ? 1 : 3); axis++)
        this.circle(middle, radius, axis);
    }
    this.halo.end();
  }

  private circle(
    middle: readonly [number, number, number],
    radius: readonly number[],
    axis: number,
  ): void {
    const [u, v] = [axis, (axis + 1) % 3];
    const on = (k: number): [number, number, number] => {
      const point: [number, number, number] = [...middle];
      point[u] = point[u]! + radius[u]! * Math.cos((2 * Math.PI * k) / CIRCLE);
      point[v as 0] = point[v as 0] + radius[v]! * Math.sin((2 * Math.PI * k) / CIRCLE);
      return point;
    };
    for (let k = 0; k < CIRCLE; k++) this.halo.add(...on(k), ...on(k + 1), WHITE);
  }

  private z(positions: Uint16Array, at: number): number {
    return this.state.latent.latentDim === 2 ? 0 : x(positions, at + 2);
  }
}

const x = (positions: Uint16Array, at: number) => sceneMetres(positions[at]!);
