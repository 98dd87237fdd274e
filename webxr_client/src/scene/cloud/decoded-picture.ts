/** Drawing of pictures that the model has decoded. */
import type { Decoded } from "../../state/force-state.js";

/** Resize the canvas to the picture, and draw the picture. */
export function drawDecoded(canvas: HTMLCanvasElement, picture: Decoded): void {
  const { width, height, channels, bytes } = picture;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  for (let k = 0; k < width * height; k++) {
    for (let c = 0; c < 3; c++)
      image.data[4 * k + c] = bytes[channels * k + Math.min(c, channels - 1)]!;
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
