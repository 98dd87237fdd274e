/** What there is of VR, and how the brush is set, as signals. */
import { type Signal, signal } from "@preact/signals";

export type Handedness = "left" | "right";
export type XrMode = "immersive-vr" | "immersive-ar";
/** `brush` paints with the sphere; `cluster` grows from it over the dense region round it. */
export type BrushTool = "brush" | "cluster";

/** Of the brush, in metres of the room. */
export const LEAST_RADIUS = 0.008;
export const LARGEST_RADIUS = 0.25;
const FIRST_RADIUS = 0.045;
export const LEAST_DENSITY = 0.02;
export const HIGHEST_DENSITY = 0.9;
const FIRST_DENSITY = 0.18;
const KEY = "lodespace.dominant-hand";

export class XrState {
  /** Which kinds of session the browser offers; null until it has said. */
  readonly offered: Signal<ReadonlySet<XrMode> | null> = signal(null);
  readonly presenting: Signal<XrMode | null> = signal(null);
  /** The last thing that happened that a person should know, with what to do. */
  readonly message = signal("");
  /** The item at the brush, whose card is shown; -1 for none. */
  readonly atBrush = signal(-1);
  readonly radius = signal(FIRST_RADIUS);
  readonly tool: Signal<BrushTool> = signal("brush");
  readonly subtract = signal(false);
  /** Share of the densest place under the brush that still belongs to the cluster. */
  readonly density = signal(FIRST_DENSITY);
  /** Whether hands are seen without controllers: they pinch. */
  readonly bare = signal(false);
  /** The hand that paints; the palette sits on the other. */
  readonly dominant: Signal<Handedness> = signal(kept());

  setRadius(metres: number): void {
    this.radius.value = Math.min(LARGEST_RADIUS, Math.max(LEAST_RADIUS, metres));
  }

  setDensity(share: number): void {
    this.density.value = Math.min(HIGHEST_DENSITY, Math.max(LEAST_DENSITY, share));
  }

  clearMessage(): void {
    if (this.message.peek()) this.message.value = "";
  }

  swapHands(): void {
    this.dominant.value = this.dominant.value === "right" ? "left" : "right";
    try {
      localStorage.setItem(KEY, this.dominant.value);
    } catch {
      // storage is off: until the page is left
    }
  }
}

function kept(): Handedness {
  try {
    return localStorage.getItem(KEY) === "left" ? "left" : "right";
  } catch {
    return "right";
  }
}
