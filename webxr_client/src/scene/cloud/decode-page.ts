/** Decoding of a page of pictures, in a worker or on the main thread. */
import { pageLevels } from "./page-levels.js";

/** A page to decode. */
export interface PageToDecode {
  /** The file of the page, PNG or WebP. */
  file: Blob;
  /** Width and height of the page, pixels. */
  size: number;
  /** Bytes per pixel of the texture. */
  bytes: 1 | 4;
  /** Number of levels of the mipmap. */
  levels: number;
}

/** Decode a page into the levels of its mipmap, largest first. */
export async function decodePage(page: PageToDecode): Promise<Uint8Array<ArrayBuffer>[]> {
  const { file, size, bytes, levels } = page;
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the browser does not provide a 2D canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return pageLevels(context.getImageData(0, 0, size, size).data, size, bytes, levels);
}
