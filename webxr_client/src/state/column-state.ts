/** Columns of the data, in bins, for colours of the points and for bars of a selection. */
import { type Signal, signal } from "@preact/signals";
import type { AxisColumn } from "../protocol/messages.js";

/** Value of `codes` for an item without a value. */
export const NO_BIN = 255;

/** A column in bins. */
export interface BinnedColumn {
  name: string;
  kind: AxisColumn["kind"];
  /** Name of each bin: a category, or a range of numbers or dates. */
  bins: readonly string[];
  /** Bin of each item. An item without a value has a number that is not a bin, such as NO_BIN. */
  codes: Uint8Array | Uint16Array;
  /** Colour of each bin; computed (binColour) if absent. */
  colours?: readonly string[];
}

export class ColumnState {
  /** Columns that can be shown; null until the list was fetched. */
  readonly list: Signal<readonly AxisColumn[] | null> = signal(null);
  /** Column that the colours show while `colourBy` is "column". */
  readonly shown: Signal<BinnedColumn | null> = signal(null);
  /** Columns for the bars of a selection. */
  readonly bars: Signal<readonly BinnedColumn[]> = signal([]);
}

/** Number of items per bin; of all items, or of `items`. */
export function binCounts({ bins, codes }: BinnedColumn, items?: Uint32Array): Uint32Array {
  const counts = new Uint32Array(bins.length);
  const add = (code: number) => {
    if (code < bins.length) counts[code]! += 1;
  };
  if (items) for (const item of items) add(codes[item]!);
  else codes.forEach(add);
  return counts;
}

/** Items of one bin, ascending; of all items, or of `items`. */
export function itemsOfBin({ codes }: BinnedColumn, bin: number, items?: Uint32Array): Uint32Array {
  if (items) return items.filter((item) => codes[item] === bin);
  const found: number[] = [];
  codes.forEach((code, item) => {
    if (code === bin) found.push(item);
  });
  return Uint32Array.from(found);
}

/**
 * Colour of a bin, if the column has no colours of its own. Categories differ in hue and, beside
 * each other, in lightness. The bins of numbers and dates go from dark blue to light yellow.
 */
export function binColour({ kind, bins, colours }: BinnedColumn, bin: number): string {
  if (colours) return colours[bin]!;
  if (kind === "category") return hex((bin * 137.5) % 360, 0.7, bin % 2 ? 0.7 : 0.55);
  const share = bins.length < 2 ? 1 : bin / (bins.length - 1);
  return hex(255 - 205 * share, 0.65, 0.45 + 0.27 * share);
}

/** Hue (degrees), saturation and lightness (0..1) as hexadecimal colour. */
function hex(hue: number, saturation: number, lightness: number): string {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (k: number) => {
    const place = (k + hue / 30) % 12;
    return lightness - reach * Math.max(-1, Math.min(place - 3, 9 - place, 1));
  };
  return `#${[0, 8, 4].map((k) => byte(channel(k))).join("")}`;
}

const byte = (share: number) =>
  Math.round(255 * share)
    .toString(16)
    .padStart(2, "0");
