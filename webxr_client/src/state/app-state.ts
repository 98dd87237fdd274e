/** All that the page knows, as signals. Written by session.ts and by the tools; read by scene and ui. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ConnectionState } from "../net/connection.js";
import type {
  ClassInfo,
  History,
  Losses,
  Notice,
  Refused,
  Region,
  SessionInfo,
  Training,
} from "../protocol/messages.js";
import { Annotations, countByClass } from "./annotations.js";
import { LatentState } from "./latent-state.js";

export type Tool = "lasso" | "rectangle" | "pick" | "orbit";
export type ColourBy = "label" | "prediction" | "confidence";
export type SelectionMode = "through" | "visible";

export interface Selection {
  /** Ascending. */
  items: Uint32Array;
  /** How they were chosen, kept with a label. */
  regions: Region[];
  tool: "lasso" | "rectangle" | "pick" | "sheet";
  /** Revision at which it was seen. */
  revision: number;
}

export interface Hover {
  item: number;
  /** CSS pixels. */
  x: number;
  y: number;
}

/** A region being drawn: CSS pixels, flat x, y. */
export interface Drawing {
  points: number[];
  count: number;
  x: number;
  y: number;
}

export const NOTHING: Selection = { items: new Uint32Array(0), regions: [], tool: "lasso", revision: -1 };

export class AppState {
  readonly session: Signal<SessionInfo | null> = signal(null);
  readonly connection: Signal<ConnectionState> = signal({
    status: "connecting",
    detail: "Connecting…",
    pending: 0,
    retryAt: null,
  });
  readonly failure: Signal<string> = signal("");
  readonly classes: Signal<ClassInfo[]> = signal([]);
  readonly annotations = new Annotations();
  readonly latent = new LatentState();
  /** Count changes of the arrays, which are too large to be signals themselves. */
  readonly labelsVersion = signal(0);
  readonly predictionsVersion = signal(0);
  readonly sceneVersion = signal(0);
  readonly selection: Signal<Selection> = signal(NOTHING);
  readonly drawing: Signal<Drawing | null> = signal(null);
  readonly hovered: Signal<Hover | null> = signal(null);
  readonly tool: Signal<Tool> = signal("lasso");
  readonly selectionMode: Signal<SelectionMode> = signal("through");
  readonly colourBy: Signal<ColourBy> = signal("label");
  readonly theme: Signal<"dark" | "light"> = signal("dark");
  readonly help = signal(false);
  readonly training: Signal<Training | null> = signal(null);
  readonly losses: Signal<Losses[]> = signal([]);
  readonly history: Signal<History> = signal({ gestures: [], can_undo: false, can_redo: false });
  readonly notices: Signal<Notice[]> = signal([]);
  readonly refusal: Signal<Refused | null> = signal(null);

  readonly labelCounts: ReadonlySignal<Uint32Array> = computed(() => {
    this.labelsVersion.value;
    return countByClass(this.annotations.labels, this.classes.value.length);
  });
  readonly predictedCounts: ReadonlySignal<Uint32Array> = computed(() => {
    this.predictionsVersion.value;
    return countByClass(this.annotations.predictions, this.classes.value.length);
  });
  readonly labelled: ReadonlySignal<number> = computed(() =>
    this.labelCounts.value.reduce((a, b) => a + b, 0),
  );
  readonly readOnly: ReadonlySignal<boolean> = computed(() => this.session.value?.read_only ?? true);
}
