/** Pictures of all items in one texture array: one layer per page, loaded one after the other. */
import {
  DataArrayTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  RedFormat,
  RGBAFormat,
  UnsignedByteType,
} from "three";
import type { Thumbnails } from "../../protocol/messages.js";
import type { Decoded } from "../../state/force-state.js";

export class Atlas {
  readonly texture: DataArrayTexture;
  /** Pages as bitmaps, for the contact sheet and the hover card. */
  readonly pages: (ImageBitmap | undefined)[] = [];
  private readonly bytes: number;

  constructor(readonly layout: Thumbnails) {
    const { page_size, pages, channels } = layout;
    this.bytes = channels === 1 ? 1 : 4;
    const data = new Uint8Array(page_size * page_size * pages * this.bytes);
    this.texture = new DataArrayTexture(data, page_size, page_size, pages);
    this.texture.format = channels === 1 ? RedFormat : RGBAFormat;
    this.texture.type = UnsignedByteType;
    this.texture.magFilter = LinearFilter;
    this.texture.minFilter = LinearMipmapLinearFilter;
    this.texture.generateMipmaps = true;
    this.texture.unpackAlignment = 1;
  }

  /** Decode `png`, the file of atlas page `page`, into a layer of the texture. */
  async setPage(page: number, png: Blob): Promise<void> {
    const bitmap = await createImageBitmap(png);
    const size = this.layout.page_size;
    const canvas = new OffscreenCanvas(size, size);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("the browser does not provide a 2D canvas");
    context.drawImage(bitmap, 0, 0);
    const pixels = context.getImageData(0, 0, size, size).data;
    const data = this.texture.image.data as Uint8Array;
    const start = page * size * size * this.bytes;
    if (this.bytes === 4) data.set(pixels, start);
    else for (let i = 0, from = 0; i < size * size; i++, from += 4) data[start + i] = pixels[from]!;
    this.pages[page] = bitmap;
    this.texture.addLayerUpdate(page);
    this.texture.needsUpdate = true;
  }

  /** Place of an item's picture: page, and left and top in pixels. */
  locate(item: number): { page: number; x: number; y: number } {
    return locate(this.layout, item);
  }

  /** Picture of an item, cut out of a page of the atlas; null until that page has loaded. */
  cut(item: number): Decoded | null {
    const { page, x, y } = this.locate(item);
    if (!this.pages[page]) return null;
    const { picture, page_size } = this.layout;
    const { bytes } = this;
    const data = this.texture.image.data as Uint8Array;
    const cut = new Uint8Array(picture * picture * bytes);
    for (let row = 0; row < picture; row++) {
      const from = ((page * page_size + y + row) * page_size + x) * bytes;
      cut.set(data.subarray(from, from + picture * bytes), row * picture * bytes);
    }
    return { width: picture, height: picture, channels: bytes, bytes: cut };
  }

  dispose(): void {
    this.texture.dispose();
    for (const page of this.pages) page?.close();
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
