/** The point cloud: one THREE.Points, drawn in one call, from LatentState and Annotations. */
import {
  BufferAttribute,
  BufferGeometry,
  type Color,
  type Matrix4,
  Points,
  Sphere,
  type Vector3,
  type Vector4,
} from "three";
import type { Annotations } from "../../state/annotations.js";
import type { ColourBy } from "../../state/app-state.js";
import type { LatentState } from "../../state/latent-state.js";
import type { Atlas } from "./atlas.js";
import type { Palette } from "./colours.js";
import { drawShare } from "./drawn-share.js";
import { PointMaterial } from "./point-material.js";

/** Point size at the weakest and at the strongest value of a cue; 1 is the size without a cue. */
const SIZES = [0.45, 1.9] as const;
/** Share by which selected items are drawn larger. */
const SELECTED_SIZE = 0.22;
/**
 * Share by which the items of a contact sheet are drawn larger: 1.6 means 2.6 times as large. The
 * items are few, and a person has to find them among thousands of points.
 */
const MARKED_SIZE = 1.6;
// Bytes of the attribute `marks`.
const GRABBED = 255;
const PINNED = 128;
const ARRIVED = 64;
const CONFLICT = 40;
const HOVERED = 255;
/** Byte of `marks` for an item that does not match the search. Such an item is drawn darker. */
const DIMMED = 64;

/** Send `count` items of an attribute to the GPU before the next frame. */
function send(attribute: BufferAttribute, first: number, count: number): void {
  attribute.addUpdateRange(first * attribute.itemSize, count * attribute.itemSize);
  attribute.needsUpdate = true;
}

export class PointCloud {
  readonly points: Points<BufferGeometry, PointMaterial>;
  readonly material: PointMaterial;
  private geometry = new BufferGeometry();
  private keyframes: [BufferAttribute, BufferAttribute] | null = null;
  private classes = new BufferAttribute(new Int16Array(0), 2);
  private marks = new BufferAttribute(new Uint8Array(0), 4, true);
  private shownVersion = -1;
  private hovered = -1;
  private metres = 0.02;
  private roomMetres = 1;
  private share = 1;
  /** Whether `setDrawn` decides which items are drawn. */
  private ordered = false;
  private selected: Uint32Array = new Uint32Array(0);
  private grabbed: Uint32Array = new Uint32Array(0);
  private pinned: readonly number[] = [];
  /** Number of the first item with the ring of added items; -1 for none. */
  private arrived = -1;
  /** Items with the ring of conflicts, and the same items as a set. */
  private ringed: Uint32Array = new Uint32Array(0);
  private inConflict: ReadonlySet<number> = new Set();
  private found: Uint32Array | null = null;
  private dominant: Int16Array | null = null;
  /** Values of the cue that is shown as the size of a point, one per item. */
  private sizes = new BufferAttribute(new Uint8Array(0), 1, true);
  /** Values of the cue shown as colour, one per item; null to show the confidence. */
  private colourCue: Uint8Array | null = null;

  constructor(
    private readonly latent: LatentState,
    private readonly annotations: Annotations,
    palette: Palette,
  ) {
    this.material = new PointMaterial(palette);
    this.material.uniforms.uSelectedSize!.value = SELECTED_SIZE;
    this.points = new Points(this.geometry, this.material);
    this.points.frustumCulled = false; // the bounding sphere of moving points is never updated
    // Called before the drawing for each eye. Only the cameras of the eyes have a `viewport`.
    this.points.onBeforeRender = (_, __, camera) =>
      this.material.setPart((camera as { viewport?: Vector4 }).viewport ?? null);
  }

  /** Allocate arrays for a new scene. */
  setScene(): void {
    const { n } = this.latent;
    this.geometry.dispose();
    const geometry = new BufferGeometry();
    const { from, to } = this.latent;
    const first = new BufferAttribute(from, 4, true);
    // Points that never move have one keyframe.
    this.keyframes = [first, from === to ? first : new BufferAttribute(to, 4, true)];
    this.classes = new BufferAttribute(new Int16Array(2 * n), 2);
    this.marks = new BufferAttribute(new Uint8Array(4 * n), 4, true);
    geometry.setAttribute("keyframeFrom", this.keyframes[0]);
    geometry.setAttribute("keyframeTo", this.keyframes[1]);
    geometry.setAttribute("classes", this.classes);
    geometry.setAttribute("marks", this.marks);
    this.sizes = new BufferAttribute(new Uint8Array(n), 1, true);
    geometry.setAttribute("cueSize", this.sizes);
    this.material.setSizes(1, 1);
    this.colourCue = null;
    geometry.boundingSphere = new Sphere(undefined, 1);
    this.ordered = false;
    drawShare(geometry, n, this.share);
    this.geometry = geometry;
    this.points.geometry = geometry;
    this.shownVersion = this.latent.version;
    this.material.uniforms.uFlat!.value = this.latent.latentDim === 2 ? 1 : 0;
    this.hovered = -1;
    this.selected = new Uint32Array(0);
    this.grabbed = new Uint32Array(0);
    this.pinned = [];
    this.arrived = -1;
    this.dominant = null;
    this.setRinged(this.ringed);
    this.refreshClasses();
  }

  /** Copy labels and predictions of `count` items to the GPU after a change; of all by default. */
  refreshClasses(first = 0, count = this.latent.n): void {
    const { labels, predictions, confidence } = this.annotations;
    const classes = this.classes.array as Int16Array;
    const marks = this.marks.array as Uint8Array;
    const end = Math.min(first + count, classes.length / 2);
    for (let i = first; i < end; i++) {
      classes[2 * i] = labels[i]!;
      classes[2 * i + 1] = (this.dominant ?? predictions)[i] as number;
      marks[4 * i] = (this.colourCue ?? confidence)[i] as number;
    }
    send(this.classes, first, count);
    send(this.marks, first, count);
  }

  /**
   * Show other items in the places of `count` items, which neither move nor are selected. While
   * only some items are shown in full, the other items are dimmed until the next `setFound`.
   */
  replaceItems(first: number, count: number): void {
    const marks = this.marks.array as Uint8Array;
    marks.fill(0, 4 * first, 4 * (first + count));
    if (this.found) for (let i = first; i < first + count; i++) marks[4 * i + 2] = DIMMED;
    for (const keyframe of this.keyframes ?? []) send(keyframe, first, count);
    this.refreshClasses(first, count);
  }

  /** Draw the first `count` items of `order` only. The array may change before the next call. */
  setDrawn(order: Uint32Array, count: number): void {
    const { geometry } = this;
    if (geometry.index?.array !== order) geometry.setIndex(new BufferAttribute(order, 1));
    send(geometry.index!, 0, count);
    geometry.setDrawRange(0, count);
    this.ordered = true;
  }

  /**
   * Mark the selected items. `few`: draw the items larger than usual, because they are few and
   * scattered.
   */
  setSelected(items: Uint32Array, few = false): void {
    this.material.uniforms.uSelectedSize!.value = few ? MARKED_SIZE : SELECTED_SIZE;
    const marks = this.marks.array as Uint8Array;
    for (const item of this.selected) marks[4 * item + 1] = 0;
    for (const item of items) marks[4 * item + 1] = 255;
    this.selected = items;
    send(this.marks, 0, this.latent.n);
  }

  /** Mark the items that `setGrab` moves. */
  setGrabbed(items: Uint32Array): void {
    const marks = this.marks.array as Uint8Array;
    for (const item of this.grabbed) marks[4 * item + 3] = this.ringOf(item);
    for (const item of this.pinned) marks[4 * item + 3] = PINNED;
    for (const item of items) marks[4 * item + 3] = GRABBED;
    this.grabbed = items;
    send(this.marks, 0, this.latent.n);
  }

  /** Mark the items that are pinned. */
  setPinned(items: readonly number[]): void {
    const marks = this.marks.array as Uint8Array;
    for (const item of this.pinned) marks[4 * item + 3] = this.ringOf(item);
    this.pinned = items;
    this.setGrabbed(this.grabbed);
  }

  /** Draw a ring around each added item, from the item `first` on. With -1, no rings are drawn. */
  setArrived(first: number): void {
    const marks = this.marks.array as Uint8Array;
    const start = [first, this.arrived].filter((item) => item >= 0);
    this.arrived = first;
    for (let item = Math.min(...start, this.latent.n); item < this.latent.n; item++)
      marks[4 * item + 3] = this.ringOf(item);
    this.setGrabbed(this.grabbed);
  }

  /** Draw a dashed ring around items whose votes disagree. */
  setRinged(items: Uint32Array): void {
    const marks = this.marks.array as Uint8Array;
    const before = this.ringed;
    this.ringed = items.filter((item) => item < this.latent.n);
    this.inConflict = new Set(this.ringed);
    for (const item of before) if (4 * item < marks.length) marks[4 * item + 3] = this.ringOf(item);
    for (const item of this.ringed) marks[4 * item + 3] = this.ringOf(item);
    this.setGrabbed(this.grabbed);
  }

  private ringOf(item: number): number {
    if (this.inConflict.has(item)) return CONFLICT;
    return this.arrived >= 0 && item >= this.arrived ? ARRIVED : 0;
  }

  /** Colour each item by the term with the strongest force; null colours by prediction. */
  setDominant(terms: Int16Array | null): void {
    this.dominant = terms && terms.length === this.latent.n ? terms : null;
    this.refreshClasses();
  }

  /** Set the cues that are shown as colour and as size, one byte per item; null shows none. */
  setCues(colour: Uint8Array | null, size: Uint8Array | null): void {
    const fits = (cue: Uint8Array | null) => (cue?.length === this.latent.n ? cue : null);
    this.colourCue = fits(colour);
    const sizes = fits(size);
    if (sizes) (this.sizes.array as Uint8Array).set(sizes);
    this.sizes.needsUpdate = sizes !== null;
    const [least, most] = sizes ? SIZES : [1, 1];
    this.material.setSizes(least, most);
    this.refreshClasses();
  }

  /** Show grabbed items moved by the matrix `shownFromPlace`, in scene metres. */
  setGrab(shownFromPlace: Matrix4): void {
    this.material.setGrab(shownFromPlace);
  }

  /** Show the brush, scene metres; radius 0 hides the brush. */
  setBrush(centre: Vector3, radius: number): void {
    this.material.setBrush(centre, radius);
  }

  setBrushColour(colour: Color): void {
    this.material.setBrushColour(colour);
  }

  /** Mark the hovered item; -1 for none. */
  setHovered(item: number): void {
    if (item === this.hovered) return;
    const marks = this.marks.array as Uint8Array;
    if (this.hovered >= 0) marks[4 * this.hovered + 2] = this.isDimmed(this.hovered) ? DIMMED : 0;
    if (item >= 0) marks[4 * item + 2] = HOVERED;
    for (const changed of [this.hovered, item]) if (changed >= 0) send(this.marks, changed, 1);
    this.hovered = item;
  }

  /** Dim all items except `found`, which is ascending; null dims none. */
  setFound(found: Uint32Array | null): void {
    const marks = this.marks.array as Uint8Array;
    this.found = found;
    for (let i = 2; i < marks.length; i += 4) marks[i] = found ? DIMMED : 0;
    for (const item of found ?? []) marks[4 * item + 2] = 0;
    if (this.hovered >= 0) marks[4 * this.hovered + 2] = HOVERED;
    send(this.marks, 0, this.latent.n);
  }

  private isDimmed(item: number): boolean {
    const { found } = this;
    if (!found) return false;
    let low = 0;
    let high = found.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (found[middle]! < item) low = middle + 1;
      else high = middle;
    }
    return found[low] !== item;
  }

  /** Draw small dots until the pictures are loaded. */
  expectPictures(): void {
    this.material.expectPictures();
  }

  setAtlas(atlas: Atlas | null): void {
    this.material.setAtlas(atlas);
  }

  setColourBy(colourBy: ColourBy): void {
    this.material.setColourBy(colourBy);
  }

  setTheme(fog: string, accent: string, cue: readonly [string, string]): void {
    this.material.setTheme(fog, accent, cue);
  }

  /** Share of the points that is drawn, 0..1. */
  set drawnShare(share: number) {
    this.share = share;
    if (!this.ordered) drawShare(this.geometry, this.latent.n, share);
  }

  get drawnShare(): number {
    return this.share;
  }

  /** Diameter of a point, scene metres. */
  set pointSize(metres: number) {
    this.metres = metres;
    this.material.setPointSize(metres * this.roomMetres);
  }

  get pointSize(): number {
    return this.metres;
  }

  /** Room metres per scene metre. */
  set scale(roomMetres: number) {
    this.roomMetres = roomMetres;
    this.material.setPointSize(this.metres * roomMetres);
  }

  /**
   * Update, once per frame. Allocates nothing, and does nothing per point unless a new keyframe has
   * arrived. Returns whether points moved.
   */
  update(now: number): boolean {
    if (!this.keyframes) return false;
    const t = this.latent.sampleAt(now);
    const uniform = this.material.uniforms.uT!;
    const moved = uniform.value !== t;
    uniform.value = t;
    if (this.latent.version === this.shownVersion) return moved;
    this.shownVersion = this.latent.version;
    const [a, b] = this.keyframes;
    // The two keyframes swap their roles; only the new one goes to the GPU.
    const from = a.array === this.latent.from ? a : b;
    const to = from === a ? b : a;
    to.needsUpdate = true;
    this.geometry.setAttribute("keyframeFrom", from);
    this.geometry.setAttribute("keyframeTo", to);
    return true;
  }

  dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }
}
