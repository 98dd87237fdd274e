/**
 * State of the page, as signals. session/ writes what the server sends. interaction/, scene/ and
 * ui/ read the whole state and write what the user chooses: tools, hover, selection, panels.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ConnectionState } from "../net/connection.js";
import { listedItems } from "../protocol/item-sets.js";
import type {
  Access,
  ClassInfo,
  History,
  Losses,
  NamedAxis,
  Notice,
  PeerMoved,
  Refused,
  Region,
  SessionInfo,
  Training,
} from "../protocol/messages.js";
import { Annotations } from "./annotations.js";
import { ColumnState } from "./column-state.js";
import type { Focus } from "./focus.js";
import { ForceState } from "./force-state.js";
import { KeyMap } from "./key-map.js";
import { LatentState } from "./latent-state.js";
import { LayerState } from "./layer-state.js";
import { PeopleState } from "./people-state.js";
import { type ConnectedPerson, personsOf } from "./persons.js";
import { REPORT_CLOSED, reportIsNew } from "./report.js";
import { type Cue, ReviewState } from "./review-state.js";
import { RuleState } from "./rule-state.js";
import { SiteState } from "./site-state.js";
import { steady } from "./steady.js";
import { stored } from "./storage.js";
import { TimeState } from "./time-state.js";
import type { ViewState } from "./view-state.js";
import { XrState } from "./xr-state.js";

export type Tool = "lasso" | "rectangle" | "pick" | "drag" | "orbit";
export type ColourBy =
  | "label"
  | "prediction"
  | "confidence"
  | "force"
  | "movement"
  | "column"
  | Cue;
export type SelectionMode = "through" | "visible";
/** Use of the items in a drawn region, and of a picked item. */
export type RegionUse = "replace" | "add" | "subtract";

export interface Selection {
  /** Items, ascending. */
  items: Uint32Array;
  /** Drawn regions. They are stored with the labels that the user gives to the selection. */
  regions: Region[];
  tool: "lasso" | "rectangle" | "pick" | "sheet" | "brush" | "cluster" | "similar";
  /** Revision of the positions that the user saw; -1 for the current revision. */
  revision: number;
  /**
   * Text about how the selection was made. It is stored with the labels that the user gives to the
   * selection.
   */
  note?: string;
  /** Reason of the suggestion that made the selection. The page shows it to the user. */
  reason?: string;
}

export interface Hover {
  item: number;
  /** Place of the pointer in CSS pixels. */
  x: number;
  y: number;
  /** Whether the item is a picture of a contact sheet, beside which its card is shown. */
  besideSheet?: boolean;
}

/** State of the pairing of a device without access. */
export interface Pairing {
  state: "asking" | "waiting" | "denied" | "revoked" | "failed";
  /** Code that this device shows. The owner compares it with the code on the owner's page. */
  code: string;
  /** Error message for the user. */
  message: string;
}

/**
 * Region that the user is drawing. `points`: x and y of each corner, CSS pixels. `count`: number of
 * items inside. `x`, `y`: place of the pointer.
 */
export interface Drawing {
  points: number[];
  count: number;
  x: number;
  y: number;
}

/** Items that match a search text, ascending; null until the answer arrives. */
export interface Found {
  text: string;
  items: Uint32Array | null;
  /** Items whose id is the text, ascending. */
  exact?: Uint32Array;
}

/** Empty selection. */
export const NOTHING: Selection = {
  items: new Uint32Array(0),
  regions: [],
  tool: "lasso",
  revision: -1,
};

/** Numbers of items of a scene in tiles. */
export interface TiledCounts {
  /** All items. */
  items: number;
  /** Items of the loaded tiles. */
  loaded: number;
  /** Items that the server has found in the selection; 0 before its answer. */
  selected: number;
  /** Whether tiles that the view needs are not loaded yet. */
  loading: boolean;
}

export class AppState {
  readonly session: Signal<SessionInfo | null> = signal(null);
  readonly connection: Signal<ConnectionState> = signal({
    status: "connecting",
    detail: "Connecting…",
    pending: 0,
    retryAt: null,
    code: 0,
  });
  /** Error that keeps the session from loading; "" without one. */
  readonly failure: Signal<string> = signal("");
  /** Whether the cloud can be seen. */
  readonly view: Signal<ViewState> = signal({ status: "shown" });
  readonly classes: Signal<ClassInfo[]> = signal([]);
  readonly annotations = new Annotations();
  readonly latent = new LatentState();
  /** Counts changes of the labels, whose array is too large for a signal. */
  readonly labelsVersion = signal(0);
  /** Counts changes of the predictions, whose array is too large for a signal. */
  readonly predictionsVersion = signal(0);
  /** Counts changes of the scene, whose arrays are too large for signals. */
  readonly sceneVersion = signal(0);
  /** Number of loaded pages of thumbnails. */
  readonly picturesVersion = signal(0);
  /** Numbers of items of a scene in tiles; null for other scenes. */
  readonly tiled: Signal<TiledCounts | null> = signal(null);
  readonly selection: Signal<Selection> = signal(NOTHING);
  /** Items of the open table; null without one. */
  readonly table: Signal<Uint32Array | null> = signal(null);
  readonly drawing: Signal<Drawing | null> = signal(null);
  readonly hovered: Signal<Hover | null> = signal(null);
  /** Search text and the items that match; null without a search. */
  readonly search: Signal<Found | null> = signal(null);
  /** Whether the page plays the sound of an item when the pointer or the brush touches the item. */
  readonly sound = signal(true);
  /** Whether the page uses larger text. */
  readonly bigText = signal(false);
  /** Items that are not faded; null for all. */
  readonly focus: Signal<Focus | null> = signal(null);
  /** Classes of the user's last labels, the newest first. */
  readonly recentClasses: Signal<readonly number[]> = signal([]);
  readonly tool: Signal<Tool> = signal("lasso");
  readonly selectionMode: Signal<SelectionMode> = signal("through");
  /** Use of the next regions, while neither Shift nor Alt is pressed. */
  readonly regionUse: Signal<RegionUse> = signal("replace");
  readonly colourBy: Signal<ColourBy> = signal("label");
  readonly theme: Signal<"dark" | "light"> = signal("dark");
  readonly help = signal(false);
  readonly exportOpen = signal(false);
  /** Format of the export that is being written; "" if none is. */
  readonly exporting = signal("");
  readonly devicesOpen = signal(false);
  /** Whether the user has opened or closed the report of the import; null before a choice. */
  readonly reportChosen: Signal<boolean | null> = signal(null);
  readonly training: Signal<Training | null> = signal(null);
  /** Newest samples of the training curves. */
  readonly losses: Signal<Losses[]> = signal([]);
  readonly history: Signal<History> = signal({ gestures: [], can_undo: false, can_redo: false });
  readonly notices: Signal<Notice[]> = signal([]);
  /** Newest refused command; null after the next command. */
  readonly refusal: Signal<Refused | null> = signal(null);
  readonly keys = new KeyMap();
  readonly xr = new XrState();
  readonly time = new TimeState();
  readonly site = new SiteState();
  readonly forces = new ForceState();
  readonly review = new ReviewState();
  readonly rules = new RuleState();
  readonly people = new PeopleState();
  readonly columns = new ColumnState();
  readonly layers = new LayerState();
  /** Number of the first of the newly added items, which have a ring; -1 for none. */
  readonly arrived = signal(-1);
  /** Pinned items, ascending. */
  readonly pins: Signal<readonly number[]> = signal([]);
  /** The named axes of the map. */
  readonly axes: Signal<readonly NamedAxis[]> = signal([]);
  /** Views, hands and pointers of other clients, by client id. */
  readonly peers: Signal<ReadonlyMap<string, PeerMoved>> = signal(new Map());
  /** The other people who are connected. The signal does not change when they only move. */
  readonly persons: ReadonlySignal<readonly ConnectedPerson[]> = steady(() =>
    personsOf(this.peers.value),
  );
  /**
   * Whether items can have votes for different classes: there are rules, or others have labelled
   * items.
   */
  readonly conflicting: ReadonlySignal<boolean> = computed(
    () => this.rules.offered.value && (this.rules.list.value.length > 0 || this.shared.value),
  );
  /** Whether several people work on the project: others are connected, or have labelled items. */
  readonly shared: ReadonlySignal<boolean> = computed(
    () =>
      this.persons.value.length > 0 ||
      this.history.value.gestures.some(({ by }) => by.includes(".")),
  );
  /** Devices that request or have access; null unless this page is the owner's. */
  readonly access: Signal<Access | null> = signal(null);
  /** Pairing in progress; null when this device has access. */
  readonly pairing: Signal<Pairing | null> = signal(null);

  /** All classes that are not removed. A removed class keeps its id and its place in `classes`. */
  readonly liveClasses: ReadonlySignal<ClassInfo[]> = computed(() =>
    this.classes.value.filter((info) => !info.removed),
  );
  /** Number of labelled items per class. */
  readonly labelCounts: ReadonlySignal<Uint32Array> = computed(() => {
    this.labelsVersion.value;
    this.tiled.value;
    return this.annotations.counts("labels", this.classes.value.length);
  });
  /** Number of predicted items per class. */
  readonly predictedCounts: ReadonlySignal<Uint32Array> = computed(() => {
    this.predictionsVersion.value;
    this.tiled.value;
    return this.annotations.counts("predictions", this.classes.value.length);
  });
  /** Number of labelled items. */
  readonly labelled: ReadonlySignal<number> = computed(() =>
    this.labelCounts.value.reduce((a, b) => a + b, 0),
  );
  /**
   * Whether the user cannot change the session, because the page is a baked site or this device is
   * a viewer.
   */
  readonly readOnly: ReadonlySignal<boolean> = computed(() => {
    const session = this.session.value;
    return !session || session.read_only || session.role === "viewer";
  });
  /** Whether the page is connected to its server. A baked site has no server to lose. */
  readonly connected: ReadonlySignal<boolean> = computed(
    () =>
      this.connection.value.status === "open" ||
      (this.training.value?.state === "absent" && this.session.value?.read_only === true),
  );
  /** Whether the report of the import is shown. */
  readonly reportOpen: ReadonlySignal<boolean> = computed(() => {
    const session = this.session.value;
    if (!session?.report?.length) return false;
    const closed = stored(REPORT_CLOSED) ?? "";
    return this.reportChosen.value ?? reportIsNew(session, this.history.value, closed);
  });
  /** Whether the model can answer queries. */
  readonly model: ReadonlySignal<boolean> = computed(() => {
    const state = this.training.value?.state;
    return state === "running" || state === "resting" || state === "paused";
  });

  /** Set the state that the server sends at the start of a connection. */
  setSession(session: SessionInfo): void {
    batch(() => {
      this.session.value = session;
      this.classes.value = session.classes;
      this.training.value = session.training;
      this.history.value = session.history;
      this.pins.value = listedItems(session.pins, session.packed_pins);
      // Sites that an older version has baked have no axes.
      this.axes.value = session.axes ?? [];
      this.review.quality.value = session.quality ?? null;
      this.rules.offered.value = session.rules !== undefined && !session.read_only;
      this.rules.setList(session.rules ?? []);
    });
  }
}
