/**
 * Pictures of the items in a texture array. A page is a file with the pictures of many items. The
 * GPU has the only copy of the pixels: the browser decodes a page, sends it in slices to a layer of
 * the texture, and forgets it. If there are more pages than layers, a new page replaces the page
 * that was not used for the longest time.
 */
import { signal } from "@preact/signals";
import {
  Box2,
  DataArrayTexture,
  DataTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  NearestFilter,
  RedFormat,
  RGBAFormat,
  UnsignedByteType,
  Vector3,
  type WebGLRenderer,
} from "three";
import type { Thumbnails } from "../../protocol/messages.js";
import type { Decoded } from "../../state/force-state.js";
import type { PageToDecode } from "./decode-page.js";
import { levelsFor } from "./page-levels.js";
import { PictureReader } from "./picture-reader.js";

/** Bytes that are sent to the GPU before one frame. */
const SLICE_BYTES = 2 ** 20;
/** Value in `layerOf` for a page that is not loaded. */
const NO_LAYER = 255;
/** Value of `pictured` if no item was added. */
const ALL_ITEMS = 2 ** 31 - 1;
/** Width of `layerOf`. An atlas has at most this number of pages. */
const MOST_PAGES = 4096;

/** A page that is being sent to the GPU. */
interface Upload {
  page: number;
  layer: number;
  levels: DataTexture[];
  level: number;
  row: number;
  done(): void;
}

export class Atlas {
  readonly texture: DataArrayTexture;
  /** Texture with the layer of each page, one byte per page. 255: the page is not loaded. */
  readonly layerOf: DataTexture;
  /** Counter that increases when a picture arrives that `cut` has requested. */
  readonly arrived = signal(0);
  /** The loaded pages have no pictures of items from this number on, because they were added. */
  pictured = ALL_ITEMS;
  /** Bytes per pixel. */
  readonly bytes: 1 | 4;
  private readonly format: typeof RedFormat | typeof RGBAFormat;
  private readonly layerBytes = new Uint8Array(MOST_PAGES).fill(NO_LAYER);
  /** Loaded pages; the page that was not used for the longest time is first. */
  private readonly used = new Set<number>();
  private upload: Upload | null = null;
  private readonly reader: PictureReader;
  private readonly slice = new Box2();
  private readonly place = new Vector3();

  /**
   * @param layers number of pages that are kept at the same time
   * @param want called with a page that is not loaded, when one of its pictures is needed
   */
  constructor(
    readonly layout: Thumbnails,
    readonly layers: number = layout.pages,
    private readonly want: (page: number) => void = () => {},
  ) {
    const { page_size, channels, picture } = layout;
    this.bytes = channels === 1 ? 1 : 4;
    this.texture = new DataArrayTexture(null, page_size, page_size, layers);
    this.format = channels === 1 ? RedFormat : RGBAFormat;
    this.texture.format = this.format;
    this.texture.type = UnsignedByteType;
    this.texture.magFilter = LinearFilter;
    this.texture.minFilter = LinearMipmapLinearFilter;
    this.texture.unpackAlignment = 1;
    // three.js allocates as many levels as `mipmaps` has entries, and sends no data.
    this.texture.generateMipmaps = false;
    this.texture.mipmaps = Array.from({ length: levelsFor(picture) }, () => ({})) as never;
    this.texture.source.dataReady = false;
    this.texture.needsUpdate = true;
    this.layerOf = new DataTexture(this.layerBytes, MOST_PAGES, 1, RedFormat, UnsignedByteType);
    this.layerOf.minFilter = this.layerOf.magFilter = NearestFilter;
    this.layerOf.unpackAlignment = 1;
    this.layerOf.needsUpdate = true;
    this.reader = new PictureReader(this.texture, this.bytes, () => {
      this.arrived.value += 1;
    });
  }

  /** Whether a page is loaded. */
  has(page: number): boolean {
    return this.used.has(page);
  }

  /**
   * Count the loaded pages of `pages` as used now. Pages at the beginning of the list are kept
   * longest.
   */
  use(pages: readonly number[]): void {
    for (let k = pages.length - 1; k >= 0; k--) if (this.has(pages[k]!)) this.touch(pages[k]!);
  }

  /** The loaded pages do not have the pictures of the item `first` and of those behind it yet. */
  expect(first: number): void {
    this.pictured = Math.min(this.pictured, first);
  }

  /** All loaded pages have the pictures of all their items. */
  complete(): void {
    if (this.pictured === ALL_ITEMS) return;
    this.pictured = ALL_ITEMS;
    this.arrived.value += 1;
  }

  /** Forget a page and its pictures, because other items have taken its place. */
  drop(page: number): void {
    if (this.upload?.page === page) this.upload.page = -1;
    const { columns } = this.layout;
    this.reader.drop(page * columns ** 2, (page + 1) * columns ** 2);
    if (!this.used.delete(page)) return;
    this.layerBytes[page] = NO_LAYER;
    this.layerOf.needsUpdate = true;
  }

  /** Return the file of a page with the parameters for decoding it for this atlas. */
  toDecode(file: Blob): PageToDecode {
    const { page_size: size, picture } = this.layout;
    return { file, size, bytes: this.bytes, levels: levelsFor(picture) };
  }

  /**
   * Send a page to the GPU, a slice before each frame. Resolves when the whole page is on the GPU.
   * Call this only after the promise of the previous page has resolved. A page that is loaded keeps
   * its layer, so its pictures stay visible.
   *
   * @param levels pixels of the page and of its smaller levels; a page can have fewer rows than the
   *   texture
   */
  setPage(page: number, levels: Uint8Array<ArrayBuffer>[]): Promise<void> {
    const layer = this.has(page) ? this.layerBytes[page]! : this.freeLayer();
    const { page_size } = this.layout;
    const textures = levels.map((data, level) => {
      const size = page_size >> level;
      const rows = data.length / size / this.bytes;
      return new DataTexture(data, size, rows, this.format, UnsignedByteType);
    });
    return new Promise((done) => {
      this.upload = { page, layer, levels: textures, level: 0, row: 0, done };
    });
  }

  /**
   * Send the next slice to the GPU, and read pictures that `cut` has asked for. Called before each
   * frame, while nothing is drawn. Returns whether another page can be drawn now.
   */
  step(renderer: WebGLRenderer): boolean {
    this.reader.step(renderer);
    const { upload } = this;
    if (!upload) return false;
    const from = upload.levels[upload.level]!;
    const { width: size, height } = from.image;
    const rows = Math.max(1, Math.floor(SLICE_BYTES / (size * this.bytes)));
    const end = Math.min(height, upload.row + rows);
    this.slice.min.set(0, upload.row);
    this.slice.max.set(size, end);
    this.place.set(0, upload.row, upload.layer);
    renderer.copyTextureToTexture(from, this.texture, this.slice, this.place, 0, upload.level);
    upload.row = end;
    if (end < height) return false;
    upload.level += 1;
    upload.row = 0;
    if (upload.level < upload.levels.length) return false;
    this.upload = null;
    this.show(upload.page, upload.layer);
    renderer.initTexture(this.layerOf);
    upload.done();
    return true;
  }

  /** Place of an item's picture: page, and left and top in pixels. */
  locate(item: number): { page: number; x: number; y: number } {
    return locate(this.layout, item);
  }

  /**
   * Picture of an item; null if the picture is not available yet. In that case, the picture is read
   * from the GPU within a few frames, after its page has been loaded. Then `arrived` changes.
   */
  cut(item: number): Decoded | null {
    const { page, x, y } = this.locate(item);
    if (item >= this.pictured) return null;
    const kept = this.reader.kept(item);
    if (this.has(page)) this.touch(page);
    else if (!kept) this.want(page);
    if (kept) return kept;
    if (this.has(page)) this.reader.ask(item, this.layerBytes[page]!, x, y, this.layout.picture);
    return null;
  }

  /** Forget all pages, because the GPU has lost them. */
  forget(): void {
    this.upload?.done();
    this.upload = null;
    this.used.clear();
    this.layerBytes.fill(NO_LAYER);
    this.layerOf.needsUpdate = true;
    this.reader.forget();
  }

  dispose(): void {
    this.texture.dispose();
    this.layerOf.dispose();
  }

  /**
   * A layer without a page, or else the layer of the page that was not used for the longest time.
   */
  private freeLayer(): number {
    if (this.used.size < this.layers) {
      const taken = new Set(Array.from(this.used, (page) => this.layerBytes[page]!));
      for (let layer = 0; ; layer++) if (!taken.has(layer)) return layer;
    }
    const oldest = this.used.values().next().value as number;
    const layer = this.layerBytes[oldest]!;
    this.used.delete(oldest);
    this.layerBytes[oldest] = NO_LAYER;
    this.layerOf.needsUpdate = true;
    return layer;
  }

  private show(page: number, layer: number): void {
    if (page < 0) return;
    this.layerBytes[page] = layer;
    this.layerOf.needsUpdate = true;
    this.touch(page);
    this.arrived.value += 1;
  }

  private touch(page: number): void {
    this.used.delete(page);
    this.used.add(page);
  }
}

/** Place of an item's picture in an atlas: page, and left and top in pixels. */
export function locate(layout: Thumbnails, item: number): { page: number; x: number; y: number } {
  const perPage = layout.columns * layout.columns;
  const inPage = item % perPage;
  const border = (layout.cell - layout.picture) / 2;
  return {
    page: Math.floor(item / perPage),
    x: (inPage % layout.columns) * layout.cell + border,
    y: Math.floor(inPage / layout.columns) * layout.cell + border,
  };
}
