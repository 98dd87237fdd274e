import { Box2, type DataArrayTexture, type DataTexture, type Vector3 } from "three";
import { describe, expect, it, vi } from "vitest";
import type { Thumbnails } from "../../../src/protocol/messages.js";
import { Atlas } from "../../../src/scene/cloud/atlas.js";
import { pageBytes, pagesKept } from "../../../src/scene/cloud/atlas-limit.js";
import { levelsFor, pageLevels } from "../../../src/scene/cloud/page-levels.js";

const SIZE = 8;
/** Pages of 2 x 2 cells of 4 x 4 pixels, with a picture of 2 x 2 pixels in the middle of a cell. */
const layout = (pages: number, channels: 1 | 3 = 1): Thumbnails => ({
  pages,
  page_size: SIZE,
  columns: 2,
  cell: 4,
  picture: 2,
  channels,
});

/**
 * A fake GPU that keeps the bytes of the layers of an atlas. A read of pixels is finished when its
 * state is queried for the second time.
 */
function fakeGpu(bytes: 1 | 4, layers: number, red = false) {
  const memory = new Uint8Array(layers * SIZE * SIZE * bytes);
  const slices: number[] = [];
  let layer = 0;
  let packed = new Uint8Array(0);
  let questions = 0;
  const gl = {
    ...{ TIMEOUT_EXPIRED: 1, ALREADY_SIGNALED: 2, WAIT_FAILED: 3 },
    ...{ RED: 5, UNSIGNED_BYTE: 6, RGBA: 7, IMPLEMENTATION_COLOR_READ_TYPE: 8 },
    getParameter: (name: number) => (name === 8 ? 6 : red ? 5 : 7),
    pixelStorei: () => {},
    createBuffer: () => ({}),
    createFramebuffer: () => ({}),
    bindBuffer: () => {},
    bufferData: (_: number, size: number) => {
      packed = new Uint8Array(size);
    },
    framebufferTextureLayer: (...given: number[]) => {
      layer = given[4]!;
    },
    readPixels: (
      x: number,
      y: number,
      w: number,
      h: number,
      form: number,
      _t: 0,
      offset: number,
    ) => {
      for (let row = 0, to = offset; row < h; row++)
        for (let column = 0; column < w; column++, to += form === 5 ? 1 : 4) {
          const from = ((layer * SIZE + y + row) * SIZE + x + column) * bytes;
          packed.set(memory.subarray(from, from + bytes), to);
        }
    },
    fenceSync: () => ({}),
    clientWaitSync: () => (++questions % 2 === 1 ? 1 : 2),
    deleteSync: () => {},
    getBufferSubData: (_: number, __: number, to: Uint8Array) => to.set(packed),
    deleteBuffer: () => {},
  };
  const renderer = {
    getContext: () => gl,
    properties: { get: () => ({ __webglTexture: {} }) },
    initTexture: () => {},
    state: { bindFramebuffer: () => {} },
    copyTextureToTexture: (
      from: DataTexture,
      _to: DataArrayTexture,
      part: Box2,
      place: Vector3,
      _source: number,
      level: number,
    ) => {
      expect(part).toBeInstanceOf(Box2);
      slices.push((part.max.y - part.min.y) * part.max.x * bytes);
      if (level > 0) return;
      const row = SIZE * bytes;
      memory.set(
        (from.image.data as Uint8Array).subarray(part.min.y * row, part.max.y * row),
        place.z * SIZE * row + place.y * row,
      );
    },
  };
  return { renderer: renderer as never, slices };
}

/** The RGBA pixels of a page, each byte different from those of its neighbours. */
const pixels = (page: number) =>
  Uint8Array.from({ length: SIZE * SIZE * 4 }, (_, k) => (k + 31 * page) % 251);

async function load(atlas: Atlas, page: number, renderer: never): Promise<void> {
  const { size, bytes, levels } = atlas.toDecode(new Blob());
  const loaded = atlas.setPage(page, pageLevels(pixels(page), size, bytes, levels));
  while (!atlas.step(renderer));
  await loaded;
}

/** The picture of an item after a few frames. */
function read(atlas: Atlas, item: number, renderer: never) {
  for (let frame = 0; frame < 4 && !atlas.cut(item); frame++) atlas.step(renderer);
  return atlas.cut(item);
}

/** Bytes of the picture that begins at (x, y) of a page. */
function expected(page: number, x: number, y: number, bytes: 1 | 4): number[] {
  const all = pixels(page);
  const at = (dx: number, dy: number) => 4 * ((y + dy) * SIZE + x + dx);
  return [at(0, 0), at(1, 0), at(0, 1), at(1, 1)].flatMap((k) =>
    Array.from(all.subarray(k, k + bytes)),
  );
}

describe("Atlas", () => {
  it.each([1, 3] as const)(
    "reads an item's picture from the GPU (%i channels)",
    async (channels) => {
      const bytes = channels === 1 ? 1 : 4;
      const atlas = new Atlas(layout(2, channels));
      const { renderer } = fakeGpu(bytes, 2);
      await load(atlas, 0, renderer);
      await load(atlas, 1, renderer);
      const before = atlas.arrived.value;
      expect(atlas.cut(3)).toBeNull();
      // Item 3: the lower right cell of page 0. Item 4: the first cell of page 1.
      const cut = read(atlas, 3, renderer);
      expect(atlas.arrived.value).toBeGreaterThan(before);
      expect([cut?.width, cut?.height, cut?.channels]).toEqual([2, 2, bytes]);
      expect(Array.from(cut?.bytes ?? [])).toEqual(expected(0, 5, 5, bytes));
      expect(Array.from(read(atlas, 4, renderer)?.bytes ?? [])).toEqual(expected(1, 1, 1, bytes));
    },
  );

  it("asks for the page of a picture that is not loaded", () => {
    const want = vi.fn();
    const atlas = new Atlas(layout(2), 2, want);
    expect(atlas.cut(5)).toBeNull();
    expect(want).toHaveBeenCalledWith(1);
  });

  it("shows no picture of an added item before its page has come again", async () => {
    const atlas = new Atlas(layout(1));
    const { renderer } = fakeGpu(1, 1);
    await load(atlas, 0, renderer);
    atlas.expect(3);
    atlas.expect(4);
    expect(read(atlas, 3, renderer)).toBeNull();
    expect(read(atlas, 2, renderer)).not.toBeNull();
    const before = atlas.arrived.value;
    await load(atlas, 0, renderer);
    atlas.complete();
    expect(atlas.arrived.value).toBeGreaterThan(before);
    expect(Array.from(read(atlas, 3, renderer)?.bytes ?? [])).toEqual(expected(0, 5, 5, 1));
  });

  it("replaces the page that was not used for the longest time", async () => {
    const want = vi.fn();
    const atlas = new Atlas(layout(4), 2, want);
    const { renderer } = fakeGpu(1, 2);
    const layers = () => Array.from((atlas.layerOf.image.data as Uint8Array).subarray(0, 4));
    await load(atlas, 0, renderer);
    await load(atlas, 1, renderer);
    expect(layers()).toEqual([0, 1, 255, 255]);
    expect(Array.from(read(atlas, 4, renderer)?.bytes ?? [])).toEqual(expected(1, 1, 1, 1));
    atlas.cut(0); // page 0 is used after page 1
    await load(atlas, 3, renderer);
    expect(layers()).toEqual([0, 255, 255, 1]);
    expect([0, 1, 2, 3].filter((page) => atlas.has(page))).toEqual([0, 3]);
    // A picture that was read must stay available. Another picture of the same page must be
    // requested.
    expect(Array.from(atlas.cut(4)?.bytes ?? [])).toEqual(expected(1, 1, 1, 1));
    expect(want).not.toHaveBeenCalled();
    expect(atlas.cut(5)).toBeNull();
    expect(want).toHaveBeenCalledWith(1);
    expect(Array.from(read(atlas, 12, renderer)?.bytes ?? [])).toEqual(expected(3, 1, 1, 1));
  });

  it("sends at most a mebibyte before a frame, and shows the page with the last slice", () => {
    const size = 1024;
    const atlas = new Atlas({ ...layout(1, 3), page_size: size, picture: 28 });
    const { renderer, slices } = fakeGpu(4, 1);
    (renderer as { copyTextureToTexture: unknown }).copyTextureToTexture = (
      _: DataTexture,
      __: DataArrayTexture,
      part: Box2,
    ) => slices.push((part.max.y - part.min.y) * part.max.x * 4);
    const { bytes, levels } = atlas.toDecode(new Blob());
    expect(levels).toBe(3);
    void atlas.setPage(0, pageLevels(new Uint8Array(size * size * 4), size, bytes, levels));
    let frames = 1;
    for (; !atlas.step(renderer); frames++) expect(atlas.has(0)).toBe(false);
    expect(atlas.has(0)).toBe(true);
    expect(slices.length).toBe(frames);
    expect(Math.max(...slices)).toBe(2 ** 20);
    expect(slices.reduce((a, b) => a + b)).toBe(pageBytes(atlas.layout));
  });

  it("forgets everything when the GPU has lost it", async () => {
    const atlas = new Atlas(layout(1));
    const { renderer } = fakeGpu(1, 1);
    await load(atlas, 0, renderer);
    atlas.forget();
    expect(atlas.has(0)).toBe(false);
    await load(atlas, 0, renderer);
    expect(Array.from(read(atlas, 0, renderer)?.bytes ?? [])).toEqual(expected(0, 1, 1, 1));
  });

  it("keeps no pixels of pages", async () => {
    const atlas = new Atlas(layout(1));
    await load(atlas, 0, fakeGpu(1, 1).renderer);
    expect(atlas.texture.image.data).toBeNull();
  });
});

describe("pageLevels", () => {
  it("are means of four pixels each", () => {
    const page = Uint8Array.from({ length: 4 * 16 }, (_, k) => (k % 4 === 0 ? k : 200));
    const [first, second, third] = pageLevels(page, 4, 1, 3);
    expect(Array.from(first!)).toEqual(Array.from({ length: 16 }, (_, k) => 4 * k));
    expect(Array.from(second!)).toEqual([10, 18, 42, 50]);
    expect(Array.from(third!)).toEqual([30]);
    const colour = pageLevels(page, 4, 4, 2)[1]!;
    expect(Array.from(colour.subarray(0, 4))).toEqual([10, 200, 200, 200]);
  });

  it("are as many as pictures need down to 8 pixels", () => {
    expect([4, 8, 16, 28, 64, 128, 256].map(levelsFor)).toEqual([1, 1, 2, 3, 4, 5, 5]);
  });
});

describe("the limit of pages", () => {
  const pages = (channels: 1 | 3, memory?: number, layers = 2048, all = 25) =>
    pagesKept({ ...layout(all, channels), page_size: 2048, cell: 32, picture: 28 }, memory, layers);

  it("is 32 pages, 16 in colour, and fewer if the device has little memory", () => {
    expect(pages(1, 2)).toBe(25);
    expect(pages(1)).toBe(25);
    expect(pages(1, 8, 2048, 300)).toBe(32);
    expect(pages(3, 8)).toBe(16);
    expect(pages(3, 2)).toBe(12);
    expect(pages(3, 0.25)).toBe(1);
    expect(pages(1, 8, 10)).toBe(10);
  });
});
