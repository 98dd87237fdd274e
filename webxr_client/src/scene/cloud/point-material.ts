/** The material of the point cloud: the uniforms of the shader, and their units. */
import {
  Color,
  DataArrayTexture,
  GLSL3,
  type IUniform,
  Matrix4,
  NoBlending,
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
  column: 6,
};

/** Share of the fog's colour in the farthest points. */
const FOG_SHARE = 0.72;
/** Largest size of a point on the page, CSS pixels. */
const LARGEST_ON_PAGE = 96;
/**
 * Width of the dark rim of points and pictures in AR, pixels of the framebuffer. The room can be
 * brighter than every colour of the points.
 */
const AR_RIM = 1.5;
/** Largest size of a point whose picture is not loaded, CSS pixels. */
const MOST_DOT = 14;
/** Width of a picture, as a multiple of the width of its rim. */
const RIM_SHARE = 9;
/**
 * Part of the framebuffer in which points are drawn if there is only one camera. It is larger than
 * every framebuffer.
 */
const WHOLE = [-1, -1, 1e6, 1e6] as const;

/** Surface behind the points: the page, the ground of VR, or the room. */
export type Target = "page" | "immersive-vr" | "immersive-ar";

/**
 * Set a uniform if its number differs. Each assignment allocates memory, and some uniforms are set
 * in every frame.
 */
function put(uniform: IUniform<number>, value: number): void {
  if (uniform.value !== value) uniform.value = value;
}

export class PointMaterial extends ShaderMaterial {
  private target: Target = "page";
  private samples = false;

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
        uLayers: { value: null },
        uHasAtlas: { value: 0 },
        uDot: { value: 1e6 },
        uColourPictures: { value: 0 },
        uColumns: { value: 1 },
        uColumnsF: { value: 1 },
        uPerPage: { value: 1 },
        uPictured: { value: 0 },
        uInset: { value: new Vector2(0, 1) },
        uPart: { value: new Vector4(...WHOLE) },
        uCoverage: { value: 0 },
        uFogShare: { value: FOG_SHARE },
        uRim: { value: 0 },
        uRimLevel: { value: 0 },
      },
    });
  }

  /**
   * Whether the framebuffer has several samples per pixel. If so, the soft edge of a point covers a
   * part of the samples. With blending alone, a soft edge writes depth for the whole pixel. A
   * farther point that is drawn later is then hidden there, and the background stays visible: a
   * dark rim in VR, and in AR a rim through which the room is visible.
   */
  set multisampled(value: boolean) {
    this.samples = value;
    this.setTarget(this.target);
  }

  /**
   * Set the surface behind the points. In VR the framebuffer is opaque, so coverage alone mixes the
   * colours. On the page and in AR, the alpha of the framebuffer has to be right, too. Therefore
   * coverage and blending each use the square root of alpha. Together they give exactly the alpha
   * wanted, over an empty framebuffer and over other points.
   */
  setTarget(target: Target): void {
    const u = this.uniforms;
    this.target = target;
    this.alphaToCoverage = this.samples;
    const opaque = target === "immersive-vr" && this.samples;
    this.blending = opaque ? NoBlending : NormalBlending;
    u.uCoverage!.value = this.samples ? (opaque ? 1 : 2) : 0;
    // The fog has the colour of the ground. AR has no fog, because far points would look dark in a
    // bright room.
    u.uFogShare!.value = target === "immersive-ar" ? 0 : FOG_SHARE;
    u.uRim!.value = target === "immersive-ar" ? AR_RIM : 0;
  }

  /**
   * Limit the drawing of points to `viewport`, the part of the framebuffer for one eye, in pixels.
   * Null draws in the whole framebuffer.
   */
  setPart(viewport: Vector4 | null): void {
    const part = this.uniforms.uPart!.value as Vector4;
    if (!viewport) part.set(...WHOLE);
    else {
      const { x, y, z: width, w: height } = viewport;
      part.set(x, y, x + width, y + height);
    }
  }

  /** Set the diameter of a point, room metres. */
  setPointSize(metres: number): void {
    put(this.uniforms.uPointSize!, metres);
  }

  /** Size on screen of 1 m at a distance of 1 m, CSS pixels. */
  get pixelsPerMetre(): number {
    return this.uniforms.uPixelsPerUnit!.value / this.uniforms.uPixelRatio!.value;
  }

  /** Diameter of a point at a distance of 1 m, CSS pixels. */
  get pixelsAtOneMetre(): number {
    return this.uniforms.uPointSize!.value * this.pixelsPerMetre;
  }

  /** Centre (x, y, z) and radius (w) of the brush, scene metres. */
  get brush(): Vector4 {
    return this.uniforms.uBrush!.value as Vector4;
  }

  /** Set the sizes at the least and the strongest value of a cue; 1 is the size without a cue. */
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

  /** Draw small dots where pictures are not loaded yet. Large discs would hide what is behind. */
  expectPictures(): void {
    this.uniforms.uDot!.value = MOST_DOT;
  }

  /** Set the pictures of the items; null draws dots only. */
  setAtlas(atlas: Atlas | null): void {
    const u = this.uniforms;
    u.uHasAtlas!.value = atlas ? 1 : 0;
    if (!atlas) return;
    const { columns, cell, picture, channels } = atlas.layout;
    u.uAtlas!.value = atlas.texture;
    u.uLayers!.value = atlas.layerOf;
    u.uColourPictures!.value = channels === 3 ? 1 : 0;
    u.uColumns!.value = u.uColumnsF!.value = columns;
    u.uPerPage!.value = columns * columns;
    u.uPictured!.value = atlas.pictured;
    (u.uInset!.value as Vector2).set((cell - picture) / 2 / cell, picture / cell);
    u.uRimLevel!.value = Math.max(0, Math.log2(picture / RIM_SHARE));
  }

  setColourBy(colourBy: ColourBy): void {
    this.uniforms.uColourBy!.value = COLOUR_BY[colourBy];
  }

  setTheme(fog: string, accent: string, cue: readonly [string, string]): void {
    // The bytes of the palette are sRGB and shown unchanged, so these colours become sRGB as well.
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
   * @param largest largest size of a point, CSS pixels
   */
  setView(
    pixelsPerUnit: number,
    pixelRatio: number,
    fogNear: number,
    fogFar: number,
    largest = LARGEST_ON_PAGE,
  ): void {
    const u = this.uniforms;
    put(u.uPixelsPerUnit!, pixelsPerUnit);
    put(u.uPixelRatio!, pixelRatio);
    put(u.uMaxSize!, largest * pixelRatio);
    (u.uFogRange!.value as Vector2).set(fogNear, fogFar);
  }
}
