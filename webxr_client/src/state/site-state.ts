/** State of a baked site that a page with a server does not have. */
import { type Signal, signal } from "@preact/signals";
import type { Panels } from "./site-view.js";

export class SiteState {
  /** Panels that the address asks for. */
  readonly panels: Signal<Panels> = signal("auto");
  /** Text about values of the address that cannot be used; "" without such values. */
  readonly problem: Signal<string> = signal("");
  /** Whether the link to the current view is shown. */
  readonly linkOpen = signal(false);
  /** Whether the panel with all training curves is shown. */
  readonly curvesOpen = signal(false);
}
