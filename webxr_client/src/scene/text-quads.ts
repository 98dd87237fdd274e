/** Texts in one mesh: a picture with all texts, and quads that each show a part of the picture. */
import {
  type BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
} from "three";

/** Make an empty picture of `width` x `height` pixels. */
export function textPicture(
  width: number,
  height: number,
): { context: CanvasRenderingContext2D; texture: CanvasTexture } {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("the browser does not provide a 2D canvas");
  const texture = new CanvasTexture(canvas);
  texture.premultiplyAlpha = true;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  return { context, texture };
}

/** Make a geometry of `most` quads, of which none is drawn. A quad has four corners. */
export function quads(most: number, attributes: Record<string, BufferAttribute>): BufferGeometry {
  const geometry = new BufferGeometry();
  for (const [name, attribute] of Object.entries(attributes))
    geometry.setAttribute(name, attribute);
  geometry.setIndex(
    Array.from({ length: most }, (_, k) => [0, 1, 2, 0, 2, 3].map((at) => 4 * k + at)).flat(),
  );
  geometry.setDrawRange(0, 0);
  return geometry;
}
