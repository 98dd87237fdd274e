/** Decoding of a page of pictures, in a worker or on the main thread. */
import { pageLevels } from "./page-levels.js";

/** A page to decode. */
export interface PageToDecode {
  /** The file of the page, PNG or WebP. */
  file: Blob;
  /** Width of the page, and its height if it is full, pixels. */
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
  // A page that is not full can end after its last row of pictures.
  const height = Math.min(size, bitmap.height);
  const canvas = new OffscreenCanvas(size, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the browser does not provide a 2D canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return pageLevels(context.getImageData(0, 0, size, height).data, size, bytes, levels);
}
