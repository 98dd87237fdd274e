/** Colours of classes, of unlabelled items and of cues, as textures for the GPU. */
import { DataTexture, NearestFilter, RGBAFormat, UnsignedByteType } from "three";
import type { ClassInfo } from "../../protocol/messages.js";
import { markOf } from "../../state/marks.js";

export const UNLABELED_DARK = "#6b7686";
export const UNLABELED_LIGHT = "#9193a0";
/**
 * On a light background, the linear RGB values of class colours are multiplied by this factor.
 * Distances in OKLab shrink by the cube root of this factor, so colours stay distinguishable.
 * tokens.css has the same number as `--ink`.
 */
export const LIGHT_INK = 0.4;
/**
 * Colours of the least and the strongest value of a cue. Strong values differ from the background
 * in lightness, which people with any colour vision see. tokens.css has the same colours.
 */
export const CUE_DARK = ["#41527a", "#ffe14d"] as const;
export const CUE_LIGHT = ["#aebdd2", "#0a2a63"] as const;
/**
 * First of the class ids that stand for the bins of a column in the palette. No class has such an
 * id.
 */
export const FIRST_BIN = 1032;
const WIDTH = 64;
const ROWS = 17;

/** Return red, green and blue (0..255) of a colour like `#1b2935`. */
export function parseColour(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Multiply the linear value of an sRGB channel (0..255) by `share`, and return the new channel. */
export function dimmed(channel: number, share: number): number {
  const c = channel / 255;
  const light = share * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return Math.round(
    255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
  );
}

/**
 * Texture of colours: entry 0 for unlabelled items, entry k + 1 for class k. Alpha is 255 minus 64
 * times the mark of the class (state/marks.ts).
 */
export class Palette {
  readonly texture = new DataTexture(
    new Uint8Array(WIDTH * ROWS * 4),
    WIDTH,
    ROWS,
    RGBAFormat,
    UnsignedByteType,
  );

  constructor() {
    this.texture.minFilter = this.texture.magFilter = NearestFilter;
    this.set([], UNLABELED_DARK);
  }

  /** Set the colours. `ink`: factor of the linear RGB values of class colours. */
  set(classes: readonly ClassInfo[], unlabelled: string, ink = 1): void {
    const data = this.texture.image.data as Uint8Array;
    data.set([...parseColour(unlabelled), 255], 0);
    for (const info of classes) {
      const colour = parseColour(info.colour).map((channel) => dimmed(channel, ink));
      data.set([...colour, 255 - 64 * markOf(info.class_id)], 4 * (info.class_id + 1));
    }
    this.texture.needsUpdate = true;
  }

  /** Set the colours of the bins of a column, at most 48. `ink`: as in `set`. */
  setBins(colours: readonly string[], ink = 1): void {
    const data = this.texture.image.data as Uint8Array;
    colours.forEach((hex, k) => {
      const colour = parseColour(hex).map((channel) => dimmed(channel, ink));
      data.set([...colour, 255], 4 * (FIRST_BIN + k + 1));
    });
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
  }
}
