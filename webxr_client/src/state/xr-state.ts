/** State of VR and of the brush, as signals. */
import { type Signal, signal } from "@preact/signals";
import { NamingState } from "./naming-state.js";
import { store, stored } from "./storage.js";

export type Handedness = "left" | "right";
export type XrMode = "immersive-vr" | "immersive-ar";
/**
 * `brush` selects the items in the sphere. `cluster` also selects the items of the dense region
 * around the sphere.
 */
export type BrushTool = "brush" | "cluster";

/** Smallest brush radius, in metres of the room. */
export const LEAST_RADIUS = 0.008;
/** Largest brush radius, in metres of the room. */
export const LARGEST_RADIUS = 0.25;
const FIRST_RADIUS = 0.045;
/** Smallest density threshold of the cluster tool, as a share of the highest density. */
export const LEAST_DENSITY = 0.02;
/** Largest density threshold of the cluster tool, as a share of the highest density. */
export const HIGHEST_DENSITY = 0.9;
const FIRST_DENSITY = 0.18;
const KEY = "lodespace.dominant-hand";
const TONES_KEY = "lodespace.vr-tones";
const HAPTICS_KEY = "lodespace.vr-haptics";

export class XrState {
  /** WebXR modes that the browser offers; null until the browser has answered. */
  readonly offered: Signal<ReadonlySet<XrMode> | null> = signal(null);
  /** Mode of the running WebXR session; null while no WebXR session runs. */
  readonly presenting: Signal<XrMode | null> = signal(null);
  /** Message for the user: what happened and what to do next; "" without a message. */
  readonly message = signal("");
  /**
   * Item that the brush touches; -1 when the brush touches no item. VR shows the card of this item.
   */
  readonly atBrush = signal(-1);
  /** Class of the tile that the hand touches or points at; -1 if there is no such class. */
  readonly aimed = signal(-1);
  /** Whether a hand holds the selected items. */
  readonly holding = signal(false);
  /** Naming of a class. */
  readonly naming = new NamingState();
  /** Brush radius in metres of the room. */
  readonly radius = signal(FIRST_RADIUS);
  readonly tool: Signal<BrushTool> = signal("brush");
  /** Whether the brush removes items from the selection. */
  readonly subtract = signal(false);
  /** Density threshold of the cluster tool, as a share of the highest density under the brush. */
  readonly density = signal(FIRST_DENSITY);
  /** Whether hands are tracked without controllers, so that pinches replace triggers. */
  readonly bare = signal(false);
  /** Hand that holds the brush; the palette is on the other hand. */
  readonly dominant: Signal<Handedness> = signal(stored(KEY) === "left" ? "left" : "right");

  /** Report of the last session with `?bench` in the address; "" without one. */
  readonly report = signal("");
  /** Whether the page shows the report. */
  readonly reportOpen = signal(false);

  showReport(text: string): void {
    this.report.value = text;
    this.reportOpen.value = true;
  }

  /** Whether events in VR have tones. */
  readonly tones = signal(stored(TONES_KEY) !== "off");
  /** Whether controllers vibrate. */
  readonly haptics = signal(stored(HAPTICS_KEY) !== "off");

  switchTones(): void {
    this.tones.value = !this.tones.value;
    store(TONES_KEY, this.tones.value ? "on" : "off");
  }

  switchHaptics(): void {
    this.haptics.value = !this.haptics.value;
    store(HAPTICS_KEY, this.haptics.value ? "on" : "off");
  }

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
    store(KEY, this.dominant.value);
  }
}
