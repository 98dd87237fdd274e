import { describe, expect, it } from "vitest";
import { Atlas } from "../../../src/scene/cloud/atlas.js";

/**
 * Two pages of 2 x 2 cells of 4 x 4 pixels, with a picture of 2 x 2 pixels in the middle of each
 * cell. The value of a byte is its position modulo 251.
 */
function atlas(channels: 1 | 3): Atlas {
  const made = new Atlas({ pages: 2, page_size: 8, columns: 2, cell: 4, picture: 2, channels });
  const data = made.texture.image.data as Uint8Array;
  for (let k = 0; k < data.length; k++) data[k] = k % 251;
  made.pages[0] = {} as ImageBitmap;
  return made;
}

describe("Atlas.cut", () => {
  it("cuts an item's picture out of its page", () => {
    // Item 3: the lower right cell, from pixel 4 + 1 on, in rows of 8.
    expect(atlas(1).cut(3)).toEqual({
      width: 2,
      height: 2,
      channels: 1,
      bytes: Uint8Array.of(5 * 8 + 5, 5 * 8 + 6, 6 * 8 + 5, 6 * 8 + 6),
    });
  });

  it("keeps colours, with four bytes per pixel", () => {
    const cut = atlas(3).cut(0);
    expect(cut?.channels).toBe(4);
    expect(Array.from(cut?.bytes ?? [])).toEqual([
      36, 37, 38, 39, 40, 41, 42, 43, 68, 69, 70, 71, 72, 73, 74, 75,
    ]);
  });

  it("has no picture of a page that has not loaded", () => {
    const one = atlas(1);
    expect(one.cut(4)).toBeNull();
    one.pages[1] = {} as ImageBitmap;
    expect(Array.from(one.cut(4)?.bytes ?? [])).toEqual([64 + 9, 64 + 10, 64 + 17, 64 + 18]);
  });
});
