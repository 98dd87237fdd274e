/** Layers that are drawn over the map. The user switches each of them on and off. */
import { type Signal, signal } from "@preact/signals";

/**
 * Smallest number of items for names and pictures of islands. Fewer items hardly cover one another,
 * so their pictures can be seen without islands.
 */
export const LEAST_FOR_ISLANDS = 300;

export class LayerState {
  /** Name and number of items, or the most typical picture, at each island. */
  readonly islands: Signal<boolean> = signal(true);
  /** Lines of equal density of the points on the screen. */
  readonly contours: Signal<boolean> = signal(false);
  /** Histograms of the points at the edges of a map with two dimensions. */
  readonly histograms: Signal<boolean> = signal(false);
  /** Hulls of the rules that are on, and rings round items whose votes disagree. */
  readonly rules: Signal<boolean> = signal(true);
  /** Whether the menu with the switches is open. */
  readonly menuOpen: Signal<boolean> = signal(false);
}
