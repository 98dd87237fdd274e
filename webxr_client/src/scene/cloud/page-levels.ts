/** A page of pictures as the levels of a mipmap, in the bytes of the texture. */

/** Smallest width at which a picture is drawn, pixels. Smaller items are dots. */
const SMALLEST = 8;
/**
 * Largest number of levels. With 5 levels, a picture of 128 pixels can be drawn at all sizes down
 * to SMALLEST.
 */
const MOST = 5;

/**
 * Number of levels that pictures of `picture` pixels need. Further levels would mix pictures that
 * are neighbours in the page.
 */
export function levelsFor(picture: number): number {
  return Math.min(MOST, Math.max(1, Math.ceil(Math.log2(picture / SMALLEST)) + 1));
}

/**
 * Return the levels of a page, largest first.
 *
 * @param pixels RGBA; `size` pixels per row, and as many rows as the page has
 * @param bytes bytes per pixel of the levels: 1 keeps red, 4 keeps all
 */
export function pageLevels(
  pixels: Uint8ClampedArray | Uint8Array,
  size: number,
  bytes: 1 | 4,
  levels: number,
): Uint8Array<ArrayBuffer>[] {
  const first = new Uint8Array((pixels.length / 4) * bytes);
  if (bytes === 4) first.set(pixels);
  else for (let i = 0, from = 0; i < first.length; i++, from += 4) first[i] = pixels[from]!;
  const made = [first];
  for (let level = 1; level < levels; level++)
    made.push(halved(made[level - 1]!, size >> (level - 1), bytes));
  return made;
}

/** Return a page of half the width and height, in which each pixel is the mean of four pixels. */
function halved(from: Uint8Array, size: number, bytes: number): Uint8Array<ArrayBuffer> {
  const half = size >> 1;
  const row = size * bytes;
  const rows = Math.floor(from.length / row / 2);
  const to = new Uint8Array(half * rows * bytes);
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < half; x++) {
      const corner = 2 * y * row + 2 * x * bytes;
      for (let c = corner; c < corner + bytes; c++, at++)
        to[at] = (from[c]! + from[c + bytes]! + from[c + row]! + from[c + row + bytes]! + 2) >> 2;
    }
  return to;
}
