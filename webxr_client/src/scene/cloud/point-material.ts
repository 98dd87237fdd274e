/** The material of the point cloud: the uniforms of the shader, and their units. */
import {
  Color,
  DataArrayTexture,
  GLSL3,
  Matrix4,
  NormalBlending,
  ShaderMaterial,
  Vector2,
  type Vector3,
  Vector4,
} from "three";
import { FORCE_TERMS } from "../../protocol/messages.js";
import type { ColourBy } from "../../state/app-state.js";
import { TERM_COLOURS } from "../../state/force-state.js";
import type { Atlas } from "./atlas.js";
import { CUE_DARK, type Palette } from "./colours.js";
import { fragmentShader, vertexShader } from "./point-shader.js";

const COLOUR_BY: Record<ColourBy, number> = {
  label: 0,
  prediction: 1,
  confidence: 2,
  force: 3,
  movement: 4,
  uncertainty: 5,
  density: 5,
  diversity: 5,
  coverage: 5,
};

export class PointMaterial extends ShaderMaterial {
  constructor(palette: Palette) {
    super({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      transparent: true,
      depthWrite: true,
      blending: NormalBlending,
      uniforms: {
        uT: { value: 1 },
        uPointSize: { value: 0.02 },
        uPixelsPerUnit: { value: 1 },
        uPixelRatio: { value: 1 },
        uMaxSize: { value: 128 },
        uFlat: { value: 0 },
        uSelectedSize: { value: 0 },
        uColourBy: { value: 0 },
        uCue: { value: [new Color(CUE_DARK[0]), new Color(CUE_DARK[1])] },
        uSizes: { value: new Vector2(1, 1) },
        uPalette: { value: palette.texture },
        uAccent: { value: new Color("#bfe4ff") },
        uFog: { value: new Color("#10161e") },
        uFogRange: { value: new Vector2(1, 3) },
        uGrab: { value: new Matrix4() },
        uTerms: {
          value: FORCE_TERMS.map((term) => new Color(TERM_COLOURS[term]).convertLinearToSRGB()),
        },
        uPin: { value: new Color("#bfe4ff") },
        uBrush: { value: new Vector4(0, 0, 0, 0) },
        uBrushColour: { value: new Color("#bfe4ff") },
        uAtlas: { value: new DataArrayTexture(new Uint8Array(1), 1, 1, 1) },
        uHasAtlas: { value: 0 },
        uColourPictures: { value: 0 },
        uColumns: { value: 1 },
        uColumnsF: { value: 1 },
        uPerPage: { value: 1 },
        uInset: { value: new Vector2(0, 1) },
      },
    });
  }

  /** Set the sizes at the least and at the strongest value of a cue; 1 is the size without a cue. */
  setSizes(least: number, most: number): void {
    (this.uniforms.uSizes!.value as Vector2).set(least, most);
  }

  /** Set the matrix, in scene metres, that moves the grabbed items to where they are shown. */
  setGrab(shownFromPlace: Matrix4): void {
    (this.uniforms.uGrab!.value as Matrix4).copy(shownFromPlace);
  }

  /** Set centre and radius of the brush, scene metres; radius 0 hides the brush. */
  setBrush(centre: Vector3, radius: number): void {
    (this.uniforms.uBrush!.value as Vector4).set(centre.x, centre.y, centre.z, radius);
  }

  setBrushColour(colour: Color): void {
    (this.uniforms.uBrushColour!.value as Color).copy(colour);
  }

  /** Set the pictures of the items; null draws dots only. */
  setAtlas(atlas: Atlas | null): void {
    const u = this.uniforms;
    u.uHasAtlas!.value = atlas ? 1 : 0;
    if (!atlas) return;
    const { columns, cell, picture, channels } = atlas.layout;
    u.uAtlas!.value = atlas.texture;
    u.uColourPictures!.value = channels === 3 ? 1 : 0;
    u.uColumns!.value = u.uColumnsF!.value = columns;
    u.uPerPage!.value = columns * columns;
    (u.uInset!.value as Vector2).set((cell - picture) / 2 / cell, picture / cell);
  }

  setColourBy(colourBy: ColourBy): void {
    this.uniforms.uColourBy!.value = COLOUR_BY[colourBy];
  }

  setTheme(fog: string, accent: string, cue: readonly [string, string]): void {
    // The bytes of the palette are sRGB and shown unchanged, so these colours become sRGB, too.
    (this.uniforms.uFog!.value as Color).set(fog).convertLinearToSRGB();
    (this.uniforms.uAccent!.value as Color).set(accent).convertLinearToSRGB();
    (this.uniforms.uPin!.value as Color).set(accent).convertLinearToSRGB();
    (this.uniforms.uCue!.value as Color[]).forEach((colour, k) => {
      colour.set(cue[k]!).convertLinearToSRGB();
    });
  }

  /**
   * Set the values on which the size of points on screen and the fog depend.
   *
   * @param pixelsPerUnit height on screen of 1 m at a distance of 1 m, pixels
   * @param pixelRatio device pixels per CSS pixel
   * @param fogNear distance from the camera at which the fog begins, metres
   * @param fogFar distance at which the fog is densest, metres
   */
  setView(pixelsPerUnit: number, pixelRatio: number, fogNear: number, fogFar: number): void {
    const u = this.uniforms;
    u.uPixelsPerUnit!.value = pixelsPerUnit;
    u.uPixelRatio!.value = pixelRatio;
    u.uMaxSize!.value = 96 * pixelRatio;
    (u.uFogRange!.value as Vector2).set(fogNear, fogFar);
  }
}
