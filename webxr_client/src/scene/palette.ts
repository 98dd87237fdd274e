/** Colours of classes and of what is no class, as the GPU takes them. */
import { DataTexture, NearestFilter, RGBAFormat, UnsignedByteType } from "three";
import type { ClassInfo } from "../protocol/messages.js";

export const UNLABELLED_DARK = "#6b7686";
export const UNLABELLED_LIGHT = "#8d97a5";
const WIDTH = 64;
const ROWS = 17;

export function parseColour(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
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
    this.set([], UNLABELLED_DARK);
  }

  set(classes: readonly ClassInfo[], unlabelled: string): void {
    const data = this.texture.image.data as Uint8Array;
    data.set([...parseColour(unlabelled), 255], 0);
    for (const info of classes) {
      data.set([...parseColour(info.colour), info.class_id < 10 ? 255 : 128], 4 * (info.class_id + 1));
    }
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
  }
}
