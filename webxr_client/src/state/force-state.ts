/**
 * Results of queries to the model: forces on items, decoded points, and reconstructions of single
 * items.
 */
import { type Signal, signal } from "@preact/signals";
import type { ForcesFrame } from "../protocol/frames.js";
import { FORCE_TERMS, LOSS_TERMS } from "../protocol/messages.js";

/** Choices for the items whose force arrows are drawn. */
export const FORCES_SHOWN = ["off", "hovered", "selected", "all"] as const;
export type ForcesShown = (typeof FORCES_SHOWN)[number];
/** Choices for the length of trails, in past frames; 0 draws no trails. */
export const TRAIL_STEPS = [0, 8, 24] as const;
/** Name of a loss term that has a force. */
export type Term = Extract<(typeof LOSS_TERMS)[number], { force: string }>["name"];

/** Terms with a force: first the terms in a forces frame, then terms computed for single items. */
export const TERMS: readonly Term[] = [
  ...FORCE_TERMS,
  ...LOSS_TERMS.flatMap((term) => (term.force === "probe" ? [term.name] : [])),
];
/** Colour of the force arrows per term, the same as in the charts. */
export const TERM_COLOURS = Object.fromEntries(
  LOSS_TERMS.map((term) => [term.name, term.colour]),
) as Record<Term, string>;

/** Sentence about the force of a term, such as "neighbour force: pulls ...". */
export function forceText(term: Term): string {
  const found = LOSS_TERMS.find(({ name }) => name === term);
  return found ? `${found.label} force: ${found.effect}` : "";
}

/** Picture decoded by the model: grey or RGB bytes, row by row. */
export interface Decoded {
  width: number;
  height: number;
  channels: number;
  bytes: Uint8Array;
}

/** Number of pictures on the path between two items. */
export const WALK_PICTURES = 9;

/** Pictures on the straight path from an item to another item. */
export interface Walk {
  /** First item; -1 until the user picks the item. */
  from: number;
  /** Last item; -1 until the user picks the item. */
  to: number;
  /** Pictures at even steps from `from` to `to`; empty until the model has answered. */
  pictures: readonly Decoded[];
}

/** Answer of the model about one item: forces, reconstruction and latent uncertainty. */
export interface Seen {
  item: number;
  /** Force per term, in nats per latent unit. */
  forces: Partial<Record<Term, readonly number[]>>;
  reconstruction: Decoded | null;
  /** Reconstruction loss in nats. */
  error: number;
  /** Standard deviation of the encoder's distribution per axis, in latent units. */
  sigma: readonly number[];
}

export class ForceState {
  readonly shown: Signal<ForcesShown> = signal("off");
  /** Terms whose arrows are drawn. */
  readonly terms: Signal<ReadonlySet<Term>> = signal(new Set(TERMS));
  /** Number of past frames that trails show; 0 draws no trails. */
  readonly trails = signal(0);
  /** Whether the model decodes a picture at the position of the pointer or the hand. */
  readonly map = signal(false);
  /** Picture decoded at the pointer or the hand; null without a picture. */
  readonly decoded: Signal<Decoded | null> = signal(null);
  /**
   * Forces, reconstruction and uncertainty per queried item, from the newest answer of the model.
   */
  readonly seen: Signal<ReadonlyMap<number, Seen>> = signal(new Map());
  /** Pictures decoded on the straight path between two items; null without a path. */
  readonly walk: Signal<Walk | null> = signal(null);
  /** Whether VR shows the forces that move the map after a label. This requires forces frames. */
  readonly afterLabel = signal(false);
  /** Loss term that moves the islands most, as VR shows it; null while VR shows no term. */
  readonly leading: Signal<Term | null> = signal(null);
  /** Whether the panel of forces and dials is open. */
  readonly dialsOpen = signal(false);
  /** Newest forces on all items; null before the first forces frame. */
  frame: ForcesFrame | null = null;
  /** Counts changes of `frame` and `seen`. */
  readonly version = signal(0);

  /** Store a new forces frame. */
  setFrame(frame: ForcesFrame): void {
    this.frame = frame;
    this.version.value += 1;
  }

  /** Write the force of a term on an item into `out`. Returns whether the force is known. */
  read(term: Term, item: number, out: [number, number, number]): boolean {
    const seen = this.seen.peek().get(item)?.forces[term];
    out.fill(0);
    const k = FORCE_TERMS.indexOf(term as (typeof FORCE_TERMS)[number]);
    if (this.frame && k >= 0) {
      const { n, axes } = this.frame.header;
      for (let axis = 0; axis < axes; axis++)
        out[axis] = this.frame.vectors[(k * n + item) * axes + axis]!;
      return true;
    }
    if (!seen) return false;
    for (let axis = 0; axis < seen.length; axis++) out[axis] = seen[axis]!;
    return true;
  }

  /**
   * Index in FORCE_TERMS of the strongest force per item; -1 where all forces are zero. Null before
   * the first forces frame.
   */
  dominant(): Int16Array | null {
    if (!this.frame) return null;
    const { n, axes } = this.frame.header;
    const { vectors } = this.frame;
    const dominant = new Int16Array(n);
    for (let i = 0; i < n; i++) {
      let most = 0;
      dominant[i] = -1;
      for (let k = 0; k < FORCE_TERMS.length; k++) {
        let square = 0;
        for (let axis = 0; axis < axes; axis++) square += vectors[(k * n + i) * axes + axis]! ** 2;
        if (square > most) {
          most = square;
          dominant[i] = k;
        }
      }
    }
    return dominant;
  }
}

/** Read K pictures from the base64 text of a uint8 array (K, height, width, channels). */
export function picturesOf(
  text: string,
  width: number,
  height: number,
  channels: number,
): Decoded[] {
  const all = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const size = width * height * channels;
  const pictures: Decoded[] = [];
  for (let at = 0; size > 0 && at + size <= all.length; at += size)
    pictures.push({ width, height, channels, bytes: all.subarray(at, at + size) });
  return pictures;
}
