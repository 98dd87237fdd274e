/**
 * Demand for pages of pictures: the pages that the current view needs. Before each frame, a part of
 * the items is projected, so that the time per frame does not depend on the number of items.
 */
import { type LatentState, sceneMetres } from "../../state/latent-state.js";

/** Number of items that are projected before one frame: on the page, and in VR. */
const ITEMS_PER_FRAME = { page: 32_768, vr: 8192 };
/** Smallest diameter of a point that is drawn with its picture, CSS pixels. */
export const LEAST_PIXELS = 8;
/** Points within this number of radii of the brush are drawn with their pictures. */
export const NEAR_BRUSH = 2;
/** Factor of the demand for a page that is loaded, so that two pages do not alternate. */
const LOADED = 1.5;

/** View of a frame. */
export interface ShownView {
  /** Column-major matrix from scene metres to clip space. */
  clipFromScene: readonly number[];
  /** Place of the camera, scene metres. */
  eye: { x: number; y: number; z: number };
  /** Whether sizes on screen do not depend on the distance. */
  flat: boolean;
  /** Diameter of a point at a distance of 1 m, CSS pixels. */
  pixels: number;
  /** Size on screen of 1 m at a distance of 1 m, CSS pixels. */
  pixelsPerMetre: number;
  /** Centre (x, y, z) and radius (w) of the brush, scene metres; radius 0 without a brush. */
  brush: { x: number; y: number; z: number; w: number };
  /** Whether a headset draws the frames. */
  presenting: boolean;
}

/** Number of values that describe a view and the positions. */
const VALUES = 25;

export class PageDemand {
  /** Pages of the current pass, and the number of their items that need a picture. */
  private pages: readonly number[];
  private counts: number[] = [];
  private next = 0;
  /** View and positions at the start of the current pass. */
  private started = new Float64Array(VALUES).fill(Number.NaN);
  private shown = new Float64Array(VALUES);

  /**
   * @param perPage items per page
   * @param has whether a page is loaded
   * @param candidates pages that can be needed for a view; all by default
   */
  constructor(
    private readonly latent: LatentState,
    private readonly perPage: number,
    pages: number,
    private readonly has: (page: number) => boolean,
    private readonly candidates?: (view: ShownView) => readonly number[],
  ) {
    this.pages = Array.from({ length: pages }, (_, page) => page);
  }

  /**
   * Continue the pass over the items. Called before each frame. At the end of a pass, return the
   * needed pages: those with the most items in view that are large enough for pictures come first.
   * Otherwise, and if nothing has changed since the last pass, return null.
   *
   * @param most largest number of pages
   */
  step(view: ShownView, most: number): number[] | null {
    if (this.next === 0) {
      if (!this.begin(view)) return null;
      this.pages = this.candidates?.(view) ?? this.pages;
    }
    const { perPage, pages, counts } = this;
    const items = ITEMS_PER_FRAME[view.presenting ? "vr" : "page"];
    const until = Math.min(pages.length, this.next + Math.max(1, Math.floor(items / perPage)));
    for (; this.next < until; this.next++)
      counts[this.next] = this.countIn(pages[this.next]!, view);
    if (this.next < pages.length) return null;
    this.next = 0;
    const order = pages
      .map((page, k) => ({ page, count: counts[k]! * (this.has(page) ? LOADED : 1) }))
      .filter(({ count }) => count > 0);
    order.sort((a, b) => b.count - a.count);
    return order.slice(0, most).map(({ page }) => page);
  }

  /** Return whether a pass is needed, because the view or the positions have changed. */
  private begin({ clipFromScene, pixels, brush }: ShownView): boolean {
    const { shown, started } = this;
    const { n, version, sceneId, replaced } = this.latent;
    for (let k = 0; k < 16; k++) shown[k] = clipFromScene[k]!;
    shown[16] = pixels;
    shown[17] = brush.x;
    shown[18] = brush.y;
    shown[19] = brush.z;
    shown[20] = brush.w;
    shown[21] = n;
    shown[22] = version;
    shown[23] = sceneId;
    shown[24] = replaced;
    let k = 0;
    while (k < VALUES && shown[k] === started[k]) k++;
    if (n === 0 || k === VALUES) return false;
    this.started = shown;
    this.shown = started;
    return true;
  }

  /** Number of items of a page that are in view, and large enough or near the brush. */
  private countIn(page: number, { clipFromScene: m, pixels, brush }: ShownView): number {
    const { to, n, latentDim } = this.latent;
    const reach = (NEAR_BRUSH * brush.w) ** 2;
    const end = 4 * Math.min(n, (page + 1) * this.perPage);
    let count = 0;
    for (let k = 4 * page * this.perPage; k < end; k += 4) {
      const x = sceneMetres(to[k]!);
      const y = sceneMetres(to[k + 1]!);
      const z = latentDim === 2 ? 0 : sceneMetres(to[k + 2]!);
      const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
      if (pixels < LEAST_PIXELS * w) {
        if (reach === 0) continue;
        if ((x - brush.x) ** 2 + (y - brush.y) ** 2 + (z - brush.z) ** 2 > reach) continue;
      }
      if (Math.abs(m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) > w) continue;
      if (Math.abs(m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) > w) continue;
      if (to[k + 3] === 0) count += 1;
    }
    return count;
  }
}
