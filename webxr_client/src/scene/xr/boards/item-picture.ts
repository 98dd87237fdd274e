/** An item's picture on a board. It is cut out first: to draw a part of a page with thousands of pictures costs as much as the whole page. */
import type { Atlas } from "../../cloud/atlas.js";
import { drawDecoded } from "../../cloud/decoded-picture.js";

/** Larger ones are smoothed where they are drawn at another size; of smaller ones each pixel counts. */
const COARSE = 64;

export class ItemPicture {
  private readonly canvas = document.createElement("canvas");

  constructor(private readonly atlas: { current: Atlas | null }) {}

  /** Draw it `size` wide and high, from its left and top. Returns false while it has not come. */
  draw(
    context: CanvasRenderingContext2D,
    item: number,
    left: number,
    top: number,
    size: number,
  ): boolean {
    const picture = this.atlas.current?.cut(item);
    if (!picture) return false;
    drawDecoded(this.canvas, picture);
    context.imageSmoothingEnabled = picture.width > COARSE;
    context.drawImage(this.canvas, left, top, size, size);
    return true;
  }
}
