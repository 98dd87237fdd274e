/**
 * A share of the points, spread evenly over all items. Items are drawn in a shuffled order from an
 * index buffer, so that the number of each vertex still selects the picture of its item.
 */
import { BufferAttribute, type BufferGeometry } from "three";

/** Return the numbers 0 to n - 1 in a shuffled order, which is the same for each call. */
export function shuffled(n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, k) => k);
  let seed = 1;
  for (let k = n - 1; k > 0; k--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((seed / 2 ** 32) * (k + 1));
    const kept = order[k]!;
    order[k] = order[other]!;
    order[other] = kept;
  }
  return order;
}

/** Draw `share` of the `n` points of `geometry`; 1 draws all points in the order of the items. */
export function drawShare(geometry: BufferGeometry, n: number, share: number): void {
  if (share >= 1) {
    geometry.setIndex(null);
    geometry.setDrawRange(0, n);
    return;
  }
  // The order is computed when it is first needed, and kept until the scene changes.
  geometry.userData.order ??= new BufferAttribute(shuffled(n), 1);
  geometry.setIndex(geometry.userData.order as BufferAttribute);
  geometry.setDrawRange(0, Math.ceil(share * n));
}
