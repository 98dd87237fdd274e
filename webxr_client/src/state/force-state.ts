/** What is read of the model: forces on the items, what lies at a place, how it sees single items. */
import { type Signal, signal } from "@preact/signals";
import type { ForcesFrame } from "../protocol/frames.js";
import { FORCE_TERMS } from "../protocol/messages.js";

/** Whose arrows are drawn. */
export type ForcesShown = "off" | "hovered" | "selected" | "all";
export type Term = (typeof FORCE_TERMS)[number] | "reconstruction";

export const TERMS: readonly Term[] = [...FORCE_TERMS, "reconstruction"];
/** As in the charts. */
export const TERM_COLOURS: Record<Term, string> = {
  kl: "#b392ff",
  classification: "#f2a33a",
  neighbour: "#1fc49a",
  anchor: "#ff8a5c",
  reconstruction: "#57b8f0",
};

/** A picture the model made: grey or colour bytes, row by row. */
export interface Decoded {
  width: number;
  height: number;
  channels: number;
  bytes: Uint8Array;
}

/** How the model sees one item. */
export interface Seen {
  item: number;
  /** Nats per latent unit. */
  forces: Partial<Record<Term, readonly number[]>>;
  reconstruction: Decoded | null;
  /** Reconstruction loss, nats. */
  error: number;
  /** Standard deviation of q(Z given X), latent units. */
  sigma: readonly number[];
}

export class ForceState {
  readonly shown: Signal<ForcesShown> = signal("off");
  /** Terms whose arrows are drawn. */
  readonly terms: Signal<ReadonlySet<Term>> = signal(new Set(TERMS));
  readonly trails = signal(0);
  /** Whether what lies under the pointer, or the hand, is decoded. */
  readonly map = signal(false);
  readonly decoded: Signal<Decoded | null> = signal(null);
  readonly seen: Signal<ReadonlyMap<number, Seen>> = signal(new Map());
  readonly dialsOpen = signal(false);
  /** The newest forces on all items; `version` counts them. */
  frame: ForcesFrame | null = null;
  readonly version = signal(0);

  setFrame(frame: ForcesFrame): void {
    this.frame = frame;
    this.version.value += 1;
  }

  /** The force of a term on an item, into `out`; false where it is not known. */
  read(term: Term, item: number, out: [number, number, number]): boolean {
    const seen = this.seen.peek().get(item)?.forces[term];
    out.fill(0);
    const k = FORCE_TERMS.indexOf(term as (typeof FORCE_TERMS)[number]);
    if (this.frame && k >= 0) {
      const { n, axes } = this.frame.header;
      for (let axis = 0; axis < axes; axis++)
        out[axis] = this.frame.vectors[(k * n + item) * axes + axis] as number;
      return true;
    }
    if (!seen) return false;
    for (let axis = 0; axis < seen.length; axis++) out[axis] = seen[axis] as number;
    return true;
  }

  /** The term that pulls hardest on each item, as an index of FORCE_TERMS; null while forces are not known. */
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
        for (let axis = 0; axis < axes; axis++)
          square += (vectors[(k * n + i) * axes + axis] as number) ** 2;
        if (square > most) {
          most = square;
          dominant[i] = k;
        }
      }
    }
    return dominant;
  }
}

/** Base64 of uint8 (K, height, width, channels) into pictures. */
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
