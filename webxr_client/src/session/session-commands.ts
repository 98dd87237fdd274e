/** The commands of the user, as operations of the protocol and changes of the state. */
import type { Connection } from "../net/connection.js";
import { messageOf } from "../net/errors.js";
import type { Upload } from "../net/unanswered.js";
import {
  type Gesture,
  MAX_CLASS_NAME_LENGTH,
  type Presence,
  type Settings,
} from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import { bySheetOrder } from "../state/chosen-sheet.js";
import type {
  AxisLetter,
  AxisSource,
  Commands,
  Dragged,
  Motion,
  Point,
  RuleCommands,
} from "../state/commands.js";
import { combine } from "../state/item-lists.js";
import { endFollowing } from "../state/peer-calls.js";
import type { QueueKind } from "../state/review-state.js";
import { COMMAND_SLOT, chosen, DRAG_SLOT, upload } from "./chosen.js";
import { findWords } from "./class-words.js";
import type { Columns } from "./columns.js";
import type { EditPermission } from "./edit-permission.js";
import { download } from "./exports.js";
import type { Labelling } from "./labelling.js";
import type { ModelQueries } from "./model-queries.js";
import type { Notes } from "./notes.js";
import type { PairingFlow } from "./pairing.js";
import type { Playback } from "./playback.js";
import type { PredictionTools } from "./prediction-tools.js";
import type { Review } from "./review.js";
import type { Search } from "./search.js";
import type { SheetDecisions } from "./sheet-decisions.js";
import type { SimilarSearch } from "./similar-search.js";
import type { Undoing } from "./undoing.js";

/** Objects that carry out the commands, one object per topic. */
export interface CommandParts {
  connection: Connection;
  permission: EditPermission;
  labelling: Labelling;
  undoing: Undoing;
  queries: ModelQueries;
  notes: Notes;
  pairing: PairingFlow;
  playback: Playback;
  review: Review;
  decisions: SheetDecisions;
  predictions: PredictionTools;
  search: Search;
  columns: Columns;
}

/** A name that a class can have. The limit counts characters, not the parts of a character. */
const classNameOf = (name: string): string =>
  Array.from(name.trim()).slice(0, MAX_CLASS_NAME_LENGTH).join("");

const newId = () => crypto.randomUUID();

/** The commands are arrow functions, so that a button can use a command as its event handler. */
export class SessionCommands implements Commands {
  /** The drag whose items are in DRAG_SLOT, and the stream on which they were uploaded. */
  private uploaded: { dragged: Dragged; streams: number } | null = null;

  private similarSearch: Promise<SimilarSearch> | null = null;
  private rules: Promise<RuleCommands> | null = null;

  constructor(
    private readonly state: AppState,
    private readonly parts: CommandParts,
    private readonly fitAll: () => void,
  ) {}

  readonly fit = () => {
    endFollowing(this.state);
    this.fitAll();
  };

  // Labels ---------------------------------------------------------------------------------------

  readonly label = (classId: number, items?: Uint32Array) => {
    const { rules, selection } = this.state;
    if (items || classId < 0 || !rules.keeps(selection.peek()))
      return this.parts.labelling.label(classId, items);
    this.parts.notes.clear();
    if (!this.allowed()) return false;
    this.withRules((commands) => commands.keep(classId));
    return true;
  };

  readonly labelToNew = (name: string) => {
    const trimmed = classNameOf(name);
    if (this.allowed() && trimmed) this.parts.labelling.labelAs(trimmed, this.label);
  };

  readonly withRules = (run: (rules: RuleCommands) => void) => {
    this.rules ??= import("./rule-commands.js").then(
      (loaded) => new loaded.Rules(this.state, this.parts),
    );
    this.rules.then(run).catch((error: unknown) => {
      this.rules = null;
      this.parts.notes.fail(`The rules could not be loaded: ${messageOf(error)}`);
    });
  };

  readonly undo = () => this.parts.undoing.undo();
  readonly undoOf = (gesture: Gesture) => this.parts.undoing.undoOf(gesture);

  readonly redo = () => {
    this.parts.notes.clear();
    if (this.allowed()) this.connection.command({ op: "redo", command_id: newId() });
  };

  readonly select = (items: Uint32Array) => {
    const { selection } = this.state;
    const current = selection.peek();
    // A part of the selection keeps its origin (tool, regions, note). Other items lose it, and
    // selecting them closes a contact sheet.
    const part = current.tool !== "sheet" && combine(items, current.items, true).length === 0;
    selection.value = part
      ? { ...current, items }
      : { items, regions: [], tool: "pick", revision: current.revision };
  };

  readonly pick = (item: number) => {
    const { revision } = this.state.latent;
    const items = Uint32Array.of(item);
    this.state.selection.value = { items, regions: [], tool: "pick", revision };
  };

  readonly clearSelection = () => {
    this.state.selection.value = NOTHING;
  };

  readonly findWords = () => void findWords(this.state);
  readonly download = (format: string) => void download(this.state, format, this.parts.notes);

  readonly search = (text: string) => this.parts.search.find(text);
  readonly findColumns = () => void this.parts.columns.find();
  readonly findBars = () => void this.parts.columns.findBars();
  readonly colourByColumn = (name: string) => void this.parts.columns.colourBy(name);

  // Classes --------------------------------------------------------------------------------------

  readonly addClass = (name: string) => {
    const trimmed = classNameOf(name);
    if (this.allowed() && trimmed)
      this.connection.command({ op: "add_class", command_id: newId(), name: trimmed });
  };

  readonly editClass: Commands["editClass"] = (class_id, { name, colour, locked }) => {
    const trimmed = classNameOf(name ?? "") || null;
    const changes = { name: trimmed, colour: colour ?? null, locked: locked ?? null };
    if (this.allowed() && Object.values(changes).some((value) => value !== null))
      this.connection.command({ op: "edit_class", command_id: newId(), class_id, ...changes });
  };

  readonly mergeClass = (class_id: number, into: number) => {
    if (this.allowed())
      this.connection.command({ op: "merge_class", command_id: newId(), class_id, into });
  };

  readonly deleteClass = (class_id: number) => {
    if (this.allowed())
      this.connection.command({ op: "delete_class", command_id: newId(), class_id });
  };

  // Training -------------------------------------------------------------------------------------

  readonly run = () => this.setTraining({ run: true });
  readonly pause = () => this.setTraining({ run: false });
  /** Change settings. Settings that `changes` does not contain stay as they are. */
  readonly setSettings = (changes: Partial<Settings>) =>
    this.setTraining({ settings: changes as Settings });

  readonly setDimension = (dimension: 2 | 3) => {
    if (!this.allowed()) return;
    this.setSettings({ latent_dim: dimension });
    const undo = this.state.keys.text("undo");
    this.parts.notes.show(
      `The model learns a map with ${dimension} dimensions. Labels stay. ` +
        `Undo${undo && ` (${undo})`} returns to the previous map.`,
    );
  };

  // Pins -----------------------------------------------------------------------------------------

  readonly drag = (items: Uint32Array, targets: Point[]) => {
    const { readOnly, time } = this.state;
    if (!readOnly.peek() && time.live.peek())
      this.connection.sendIfOpen({ op: "drag", items: Array.from(items), targets });
  };

  readonly dragMany = (dragged: Dragged, moved: Motion) => {
    const { readOnly, time } = this.state;
    if (readOnly.peek() || !time.live.peek()) return;
    const { streams } = this.connection;
    const known = this.uploaded?.dragged === dragged && this.uploaded.streams === streams;
    this.uploaded = { dragged, streams };
    const uploads = known ? [] : [this.uploadOf(DRAG_SLOT, dragged)];
    this.connection.sendIfOpen({ op: "drag", selection: DRAG_SLOT, moved }, uploads);
  };

  readonly anchorMany = (dragged: Dragged, moved: Motion, keep: boolean) => {
    if (!this.allowed()) return;
    const { revision } = this.state.latent;
    this.connection.command(
      { op: "anchor", command_id: newId(), selection: COMMAND_SLOT, moved, keep, revision },
      [this.uploadOf(COMMAND_SLOT, dragged)],
    );
  };

  readonly anchor = (items: Uint32Array, targets: Point[], keep: boolean) => {
    if (!this.allowed() || items.length === 0) return;
    const { revision } = this.state.latent;
    this.connection.command({
      op: "anchor",
      command_id: newId(),
      items: Array.from(items),
      targets,
      keep,
      revision,
    });
  };

  readonly unpin = (items: ArrayLike<number>) => {
    const { fields, uploads } = chosen(Uint32Array.from(items));
    if (this.allowed())
      this.connection.command({ op: "unpin", command_id: newId(), ...fields }, uploads);
  };

  // Axes -----------------------------------------------------------------------------------------

  readonly setAxis = (axis: AxisLetter, { few, many, ...source }: AxisSource) => {
    this.parts.notes.clear();
    if (!this.allowed()) return;
    const low = chosen(Uint32Array.from(few ?? []), COMMAND_SLOT);
    const high = chosen(Uint32Array.from(many ?? []), DRAG_SLOT);
    if (high.uploads.length > 0) this.uploaded = null;
    this.connection.command(
      {
        op: "set_axis",
        command_id: newId(),
        axis,
        ...source,
        few: low.fields.items ?? [],
        many: high.fields.items ?? [],
        few_selection: low.fields.selection ?? null,
        many_selection: high.fields.selection ?? null,
      },
      [...low.uploads, ...high.uploads],
    );
  };

  readonly removeAxis = (axis: AxisLetter) => {
    if (this.allowed()) this.connection.command({ op: "remove_axis", command_id: newId(), axis });
  };

  // Queries to the model -------------------------------------------------------------------------

  readonly watch = (forces: boolean) => this.parts.queries.watch(forces);
  readonly probe = (items: readonly number[]) => void this.parts.queries.probe(items);
  readonly look = (point: Point | null) => this.parts.queries.look(point);
  readonly decode = (points: readonly Point[]) => this.parts.queries.decode(points);

  // Time -----------------------------------------------------------------------------------------

  readonly refreshTimeline = () => void this.parts.playback.refresh().catch(() => {});
  readonly goTo = (moment: number) => this.travel(this.parts.playback.goTo(moment));
  readonly step = (by: number) => this.travel(this.parts.playback.step(by));
  readonly play = () => this.parts.playback.play();
  readonly stop = () => this.parts.playback.pause();
  readonly live = () => this.parts.playback.live();

  // Review ---------------------------------------------------------------------------------------

  readonly openSheet = (kind: QueueKind) => {
    this.parts.notes.clear();
    this.parts.review.open(kind);
  };

  readonly sheetOfSelection = () => {
    const { items } = this.state.selection.peek();
    const queue = bySheetOrder(this.state, items);
    this.parts.review.openChosen({ kind: "selection", queue, fallback: -1 });
  };

  readonly sheetOfSimilar = (item: number, items: Uint32Array) => {
    const fallback = this.state.annotations.labels[item] ?? -1;
    this.parts.review.openChosen({ kind: "similar", queue: items, fallback });
  };

  readonly turnSheet = (by: number) => this.parts.review.turn(by);
  readonly closeSheet = () => this.parts.review.close();
  readonly correct = (classId: number) => this.parts.decisions.correct(classId);
  readonly correctToNew = (name: string) => {
    const trimmed = classNameOf(name);
    if (this.allowed() && trimmed) this.parts.decisions.correctTo(trimmed);
  };

  readonly setAside = () => this.parts.decisions.setAside();
  readonly confirmSheet = () => this.parts.review.confirm();
  readonly goOnWithSheet = () => this.parts.review.goOn();

  readonly next = () => {
    this.parts.notes.clear();
    void this.parts.review.next();
  };

  readonly grow = () => {
    this.parts.notes.clear();
    this.parts.predictions.grow();
  };

  readonly moreLike = () => this.similar((search) => search.more());
  readonly likeFile = (file: File) => this.similar((search) => search.of({ file }));
  readonly likeWords = (words: string) => this.similar((search) => search.of({ words }));

  readonly accept = () => this.parts.predictions.accept();
  readonly acceptAll = () => this.parts.predictions.acceptAll();

  readonly checkStream = () => this.connection.check();

  // Devices --------------------------------------------------------------------------------------

  readonly requestAccess = () => void this.parts.pairing.ask();
  readonly enterCode = (code: string) => this.parts.pairing.enterCode(code);
  readonly present = (presence: Omit<Presence, "op">) =>
    this.connection.sendIfOpen({ op: "presence", ...presence });

  /** Run a search for similar items. The search is loaded when it is needed. */
  private similar(run: (search: SimilarSearch) => Promise<void>): void {
    this.parts.notes.clear();
    this.similarSearch ??= import("./similar-search.js").then(
      (loaded) => new loaded.SimilarSearch(this.state, this.parts.notes),
    );
    this.similarSearch.then(run).catch((error: unknown) => {
      this.similarSearch = null;
      this.parts.notes.fail(`The search failed: ${messageOf(error)}`);
    });
  }

  private uploadOf(slot: number, { items, start }: Dragged): Upload {
    return upload(slot, items, { points: Float32Array.from(start) });
  }

  private get connection(): Connection {
    return this.parts.connection;
  }

  private allowed(): boolean {
    return this.parts.permission.allowed();
  }

  private setTraining(change: { run: boolean } | { settings: Settings }): void {
    if (this.allowed())
      this.connection.command({ op: "set_training", command_id: newId(), ...change });
  }

  private travel(way: Promise<void>): void {
    const { notes } = this.parts;
    notes.clear();
    way.catch((error: unknown) => notes.fail(`This moment could not be read: ${messageOf(error)}`));
  }
}
