/**
 * Picture of an item on a board. The picture is first cut out of its page of the atlas, because
 * drawing a part of a page with thousands of pictures costs as much as drawing the whole page.
 */
import type { Atlas } from "../../cloud/atlas.js";
import { drawDecoded } from "../../cloud/decoded-picture.js";

/** Largest width of a picture that is scaled without smoothing, pixels. */
const COARSE = 64;

export class ItemPicture {
  private readonly canvas = document.createElement("canvas");

  constructor(private readonly atlas: { current: Atlas | null }) {}

  /**
   * Draw a picture; lengths in millimetres. Returns false until the picture has loaded. A board
   * that calls this method in `draw` is drawn again after the picture has loaded.
   */
  draw(
    context: CanvasRenderingContext2D,
    item: number,
    left: number,
    top: number,
    size: number,
  ): boolean {
    const picture = this.atlas.current?.cut(item);
    if (!picture) {
      this.atlas.current?.arrived.value;
      return false;
    }
    drawDecoded(this.canvas, picture);
    context.imageSmoothingEnabled = picture.width > COARSE;
    context.drawImage(this.canvas, left, top, size, size);
    return true;
  }
}
