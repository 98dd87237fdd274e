/**
 * Growth of a region over a cluster. The region begins at the brush or at a selection, and ends
 * where the density falls below a threshold, as in MeTACAST (Zhao et al. 2023).
 *
 * The items are counted in the cells of a grid, and the smoothed counts are the densities. The
 * region grows from cell to adjacent cell. The threshold is a given share of the density of the
 * densest cell at the beginning, for example under the brush. A region that begins at a selection
 * contains only items that the caller accepts, such as items with the same prediction.
 */
import { GRID_STEPS } from "../protocol/messages.js";
import { combine } from "./item-lists.js";
import type { LatentState } from "./latent-state.js";

/**
 * Largest number of cells along an axis. For fewer items, the grid has fewer cells, so that cells
 * inside a cluster are rarely empty.
 */
const MOST_CELLS = 56;
/** Mean number of items per cell inside a cluster. */
const ITEMS_PER_CELL = 1.2;

interface Place {
  x: number;
  y: number;
  z: number;
}

export class ClusterGrowth {
  private cells = 0;
  private low = new Float64Array(3);
  private width = 1;
  private density = new Float32Array(0);
  private cellOf = new Int32Array(0);
  private version = -1;
  private latent: LatentState | null = null;

  /**
   * Grow from the brush, a sphere at `centre` with `radius` (scene metres).
   *
   * @param share Smallest density, as a share of the densest cell under the brush.
   * @returns Items of the cluster, ascending; empty if the brush contains no item.
   */
  grow(latent: LatentState, centre: Place, radius: number, share: number): Uint32Array {
    this.count(latent);
    const taken = this.spread(this.density, this.cellsWithin(centre, radius), share);
    return this.itemsIn(taken, () => true);
  }

  /**
   * Grow from `items` over adjacent items for which `same` returns true.
   *
   * @param share Growth stops at cells below this density. The density is a share of the highest
   *   density among the cells that contain `items`. The density of a cell counts only items for
   *   which `same` is true.
   * @returns `items` and the items reached, ascending.
   */
  growOver(
    latent: LatentState,
    items: Uint32Array,
    share: number,
    same: (item: number) => boolean,
  ): Uint32Array {
    this.count(latent);
    const { cellOf, cells } = this;
    const counts = new Float32Array(cells ** 3);
    for (let i = 0; i < latent.n; i++)
      if (same(i)) {
        const cell = cellOf[i]!;
        counts[cell]! += 1;
      }
    const density = this.smoothed(counts, latent.latentDim === 2);
    const seeds = new Set<number>();
    for (const item of items) if (same(item)) seeds.add(cellOf[item]!);
    const taken = this.spread(density, seeds, share);
    return combine(items, this.itemsIn(taken, same), false);
  }

  /**
   * Mark the cells that can be reached from `seeds` over cells whose density is at least `share` of
   * the highest density among `seeds`.
   */
  private spread(density: Float32Array, seeds: Iterable<number>, share: number): Uint8Array {
    const begin = [...seeds];
    const taken = new Uint8Array(this.cells ** 3);
    let peak = 0;
    for (const cell of begin) peak = Math.max(peak, density[cell]!);
    if (peak === 0) return taken;
    const least = share * peak;
    const stack: number[] = [];
    const visit = (cell: number) => {
      if (taken[cell] || density[cell]! < least || density[cell] === 0) return;
      taken[cell] = 1;
      stack.push(cell);
    };
    for (const cell of begin) visit(cell);
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop())
      this.eachNeighbour(cell, visit);
    return taken;
  }

  /** Return the items in the cells of `taken` for which `wanted(item)` is true; ascending. */
  private itemsIn(taken: Uint8Array, wanted: (item: number) => boolean): Uint32Array {
    const items: number[] = [];
    for (let i = 0; i < this.cellOf.length; i++)
      if (taken[this.cellOf[i]!] && wanted(i)) items.push(i);
    return Uint32Array.from(items);
  }

  /** Compute the density of all cells, once per keyframe. */
  private count(latent: LatentState): void {
    const version = latent.version + latent.replaced;
    if (this.latent === latent && this.version === version) return;
    this.latent = latent;
    this.version = version;
    const { n, to } = latent;
    const flat = latent.latentDim === 2;
    const high = [0, 0, 0];
    this.low.fill(GRID_STEPS);
    for (let i = 0; i < n; i++) {
      if (to[4 * i + 3] !== 0) continue;
      for (let axis = 0; axis < 3; axis++) {
        const value = to[4 * i + axis]!;
        if (value < this.low[axis]!) this.low[axis] = value;
        if (value > high[axis]!) high[axis] = value;
      }
    }
    const spans = high.map((value, axis) => value - this.low[axis]!);
    const span = Math.max(1, ...spans);
    // In 3D, clusters fill about a twelfth of the volume.
    const root = flat ? Math.sqrt(n / ITEMS_PER_CELL) : Math.cbrt((n / ITEMS_PER_CELL) * 12);
    const cells = Math.max(4, Math.min(MOST_CELLS, Math.round(root)));
    this.cells = cells;
    this.width = (span + 1) / cells;
    const counts = new Float32Array(cells ** 3);
    if (this.cellOf.length !== n) this.cellOf = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      if (to[4 * i + 3] !== 0) {
        this.cellOf[i] = -1; // the item does not exist
        continue;
      }
      const cell = this.cellAt(to[4 * i]!, to[4 * i + 1]!, flat ? 0 : to[4 * i + 2]!);
      this.cellOf[i] = cell;
      counts[cell]! += 1;
    }
    this.density = this.smoothed(counts, flat);
  }

  private cellAt(x: number, y: number, z: number): number {
    const { cells, low, width } = this;
    const at = (value: number, axis: number) =>
      Math.min(cells - 1, Math.max(0, Math.floor((value - low[axis]!) / width)));
    return at(x, 0) + cells * (at(y, 1) + cells * at(z, 2));
  }

  /**
   * Counts smoothed with binomial weights over the 3 x 3 x 3 cells around each cell, or over 3 x 3
   * cells if `flat`. A cell without items stays 0.
   */
  private smoothed(counts: Float32Array<ArrayBuffer>, flat: boolean): Float32Array<ArrayBuffer> {
    const { cells } = this;
    let from = counts;
    const strides = flat ? [1, cells] : [1, cells, cells * cells];
    for (const stride of strides) {
      const to = new Float32Array(from.length);
      for (let k = 0; k < from.length; k++) {
        const along = Math.floor(k / stride) % cells;
        const before = along > 0 ? from[k - stride]! : 0;
        const after = along < cells - 1 ? from[k + stride]! : 0;
        to[k] = 0.25 * before + 0.5 * from[k]! + 0.25 * after;
      }
      from = to;
    }
    // An empty cell has to stop the growth. With smoothing alone, the growth would join two
    // clusters that lie close to each other.
    for (let k = 0; k < from.length; k++) if (counts[k] === 0) from[k] = 0;
    return from;
  }

  /** Cells that the brush touches. */
  private cellsWithin(centre: Place, radius: number): number[] {
    const steps = GRID_STEPS - 1;
    const found: number[] = [];
    const { cells, low, width } = this;
    const flat = this.latent?.latentDim === 2;
    const middle = [centre.x, centre.y, centre.z].map((value) => (value + 0.5) * steps);
    const reach = radius * steps;
    const range = (axis: number): [number, number] => {
      if (flat && axis === 2) return Math.abs(middle[2]! - steps / 2) <= reach ? [0, 0] : [1, 0];
      const first = Math.floor((middle[axis]! - reach - low[axis]!) / width);
      const last = Math.floor((middle[axis]! + reach - low[axis]!) / width);
      return [Math.max(0, first), Math.min(cells - 1, last)];
    };
    const [x0, x1] = range(0);
    const [y0, y1] = range(1);
    const [z0, z1] = range(2);
    for (let z = z0; z <= z1; z++)
      for (let y = y0; y <= y1; y++)
        for (let x = x0; x <= x1; x++) {
          const d2 = [x, y, z].reduce((sum, cell, axis) => {
            if (flat && axis === 2) return sum;
            const left = low[axis]! + cell * width;
            const nearest = Math.min(Math.max(middle[axis]!, left), left + width);
            return sum + (nearest - middle[axis]!) ** 2;
          }, 0);
          if (d2 <= reach * reach) found.push(x + cells * (y + cells * z));
        }
    return found;
  }

  private eachNeighbour(cell: number, visit: (neighbour: number) => void): void {
    const { cells } = this;
    const x = cell % cells;
    const y = Math.floor(cell / cells) % cells;
    const z = Math.floor(cell / (cells * cells));
    for (let dz = Math.max(0, z - 1); dz <= Math.min(cells - 1, z + 1); dz++)
      for (let dy = Math.max(0, y - 1); dy <= Math.min(cells - 1, y + 1); dy++)
        for (let dx = Math.max(0, x - 1); dx <= Math.min(cells - 1, x + 1); dx++)
          visit(dx + cells * (dy + cells * dz));
  }
}
