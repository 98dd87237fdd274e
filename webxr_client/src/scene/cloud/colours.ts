/** Colours of classes and of what is no class, as the GPU takes them. */
import { DataTexture, NearestFilter, RGBAFormat, UnsignedByteType } from "three";
import type { ClassInfo } from "../../protocol/messages.js";

export const UNLABELED_DARK = "#6b7686";
export const UNLABELED_LIGHT = "#8d97a5";
/**
 * On a light ground class colours keep this share of their light (of linear RGB). All distances in OKLab shrink by the cube root of it, so that
 * what could be told apart still can. tokens.css has the same number as --ink.
 */
export const LIGHT_INK = 0.4;
/**
 * From a cue's least to its strongest: what is strong stands out from the ground, and it is lightness that says so, which every eye sees. tokens.css
 * has the same colours.
 */
export const CUE_DARK = ["#41527a", "#ffe14d"] as const;
export const CUE_LIGHT = ["#aebdd2", "#0a2a63"] as const;
const WIDTH = 64;
const ROWS = 17;

export function parseColour(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A channel, 0..255 in sRGB, with `share` of its light. */
export function dimmed(channel: number, share: number): number {
  const c = channel / 255;
  const light = share * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return Math.round(
    255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
  );
}

/** Entry 0 is "unlabelled", entry k + 1 class k; alpha 128 marks classes beyond ten, which get a ring besides their hue. */
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

  /** `ink`: the share of their light that class colours keep. */
  set(classes: readonly ClassInfo[], unlabelled: string, ink = 1): void {
    const data = this.texture.image.data as Uint8Array;
    data.set([...parseColour(unlabelled), 255], 0);
    for (const info of classes) {
      const colour = parseColour(info.colour).map((channel) => dimmed(channel, ink));
      data.set([...colour, info.class_id < 10 ? 255 : 128], 4 * (info.class_id + 1));
    }
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
  }
}
