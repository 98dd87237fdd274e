// Written by `python -m lodespace.protocol.typescript` from server/protocol/. Do not edit.

export const PROTOCOL_VERSION = "lodespace.v1";
export const UNLABELED = -1;
export const MAX_NAME_LENGTH = 80;
export const MAX_ANCHORED = 20000;
export const MAX_PROBED = 256;
export const MAX_REGIONS = 64;
export const SHEET_SIZE = 27;
export const MAX_SHEET_SIZE = 200;
/** Close code of a stream after the owner revoked its device. */
export const CLOSE_REVOKED = 4401;
/** Names of the training presets, in the order in which menus list them. */
export const PRESETS = ["default", "calm", "paper"] as const;
export const FORCE_TERMS = ["kl", "classification", "neighbour", "anchor"] as const;
/** Grid steps along an axis of the scene's box. */
export const GRID_STEPS = 65536;
export const FRAME_HEADER_BYTES = 32;
export const OPCODE_POSITIONS = 1;
export const OPCODE_PREDICTIONS = 2;
export const OPCODE_FORCES = 3;
export const FLAG_RESTING = 1;
/** Codes of errors; docs/protocol.md groups them. */
export type ErrorCode =
  | "bad_anchor"
  | "bad_certificate"
  | "bad_content_type"
  | "bad_dataset"
  | "bad_encoding"
  | "bad_format"
  | "bad_host"
  | "bad_origin"
  | "bad_pairing_code"
  | "bad_port"
  | "bad_project"
  | "bad_question"
  | "bad_recording"
  | "bad_request"
  | "bad_scene"
  | "bad_search"
  | "bad_setting"
  | "bad_sheet"
  | "class_exists"
  | "class_in_use"
  | "class_locked"
  | "delta_overflow"
  | "internal_error"
  | "malformed_message"
  | "no_hello"
  | "no_model"
  | "no_original"
  | "no_page"
  | "no_picture"
  | "no_recording"
  | "no_sound"
  | "no_training"
  | "not_allowed"
  | "not_found"
  | "not_paired"
  | "not_saved"
  | "not_shared"
  | "not_turned_back"
  | "not_waiting"
  | "nothing_to_redo"
  | "nothing_to_undo"
  | "port_taken"
  | "project_in_use"
  | "read_only"
  | "state_not_saved"
  | "too_large"
  | "too_many_classes"
  | "too_many_clients"
  | "too_many_guesses"
  | "too_many_questions"
  | "too_many_requests"
  | "too_many_waiting"
  | "too_slow"
  | "training_failed"
  | "unknown_class"
  | "unknown_cue"
  | "unknown_device"
  | "unknown_item"
  | "unknown_opcode"
  | "unknown_page";

/** A device that asks to be let in. `code`: the four characters it shows, so that the right one is allowed. `since`: when it asked. */
export interface WaitingDevice {
  request: string;
  code: string;
  name: string;
  address: string;
  since: number;
}

/** A device that was let in. `connected`: how many streams it has open now. */
export interface Device {
  device: string;
  name: string;
  role: "owner" | "annotator" | "viewer";
  address: string;
  allowed_at: number;
  seen_at: number;
  connected: number;
}

/**
 * Answer of GET /api/access: who may come in, for the owner.
 *
 * `addresses`: where other devices reach this server, the likeliest first; empty without `--lan`.
 * `fingerprint`: SHA-256 of the certificate.
 */
export interface Access {
  addresses: string[];
  fingerprint: string;
  waiting: WaitingDevice[];
  devices: Device[];
}

/** Body of POST /api/access/request: a device asks to be let in. `name`: what its owner calls it; else its browser is named. */
export interface AccessRequest {
  name?: string;
}

/** Show `code` to the person and ask with `secret` what the owner said. */
export interface AccessRequested {
  secret: string;
  code: string;
  expires_in: number;
}

/** Body of POST /api/access/poll. */
export interface AccessPoll {
  secret: string;
}

/** What became of a request. With `allowed` comes the cookie. */
export interface AccessAnswer {
  state: "waiting" | "allowed" | "denied" | "expired";
  role?: "owner" | "annotator" | "viewer" | null;
}

/** Body of POST /api/access/pair: a pairing code, as it was read. */
export interface Pair {
  code: string;
}

/** Body of POST /api/access/decide: let the waiting device in as `role`; none: deny it. */
export interface Decide {
  request: string;
  role?: "annotator" | "viewer" | null;
}

/** Body of POST /api/access/code. */
export interface MakeCode {
  role: "annotator" | "viewer";
}

/** A code that lets one device in, once, for `expires_in` seconds. The one before it ends. */
export interface PairingCode {
  code: string;
  role: "owner" | "annotator" | "viewer";
  expires_in: number;
}

/** Body of POST /api/access/revoke: the device is shut out, its streams end. */
export interface Revoke {
  device: string;
}

/** Who waits and who is let in, for owners. */
export interface AccessChanged {
  op: "access";
  access: Access;
}

/** Body of every HTTP answer with a status of 400 or more. */
export interface ErrorBody {
  code: string;
  message: string;
}

/**
 * A command took effect; a label is on disk.
 *
 * `sequence` is the event's number in the log, `count` how many items changed.
 */
export interface Ack {
  op: "ack";
  command_id: string;
  sequence: number;
  count: number;
  /** The class an `add_class` made, or the one a gesture gave. */
  class_id?: number;
  /** What a person should know of how it went. */
  message?: string;
}

/** A command, or with an empty `command_id` a frame, was not carried out; nothing changed. */
export interface Refused {
  op: "refused";
  command_id: string;
  code: string;
  message: string;
}

/** Something a person should read, with what to do. `code` "" clears the notices of `topic`. */
export interface Notice {
  op: "notice";
  topic: "collapse" | "trainer" | "disk" | "undo";
  code: string;
  message: string;
  /** Settings that would mend it: an offer, one click. */
  mend?: Settings | null;
}

/**
 * A class. `class_id` is its number for good; name and colour can be changed. `locked`: no gesture gives or takes its labels.
 *
 * `removed`: it was deleted, merged into another, or its making taken back; no item has it, and it may come back by an undo.
 */
export interface ClassInfo {
  class_id: number;
  name: string;
  colour: string;
  locked?: boolean;
  removed?: boolean;
}

/** Make a class. Without `colour` the next of the palette is taken. */
export interface AddClass {
  op: "add_class";
  command_id: string;
  name: string;
  colour?: string | null;
}

/** Rename, recolour, lock or unlock a class; absent fields stay. */
export interface EditClass {
  op: "edit_class";
  command_id: string;
  class_id: number;
  name?: string | null;
  colour?: string | null;
  locked?: boolean | null;
}

/** Make a class part of another: its items count as `into`'s from now on. */
export interface MergeClass {
  op: "merge_class";
  command_id: string;
  class_id: number;
  into: number;
}

/** Take a class away, and with it the labels of its items. */
export interface DeleteClass {
  op: "delete_class";
  command_id: string;
  class_id: number;
}

/** The classes, all of them, after one was made or edited. */
export interface Classes {
  op: "classes";
  sequence: number;
  classes: ClassInfo[];
}

/**
 * One user action, one undo step, one tick on the timeline: `count` items were labelled, or dragged ("anchor"), or their pins
 * taken away ("unpin"), or settings or classes changed ("settings", "class"), as `note` says. `class_id`: -1 where they are several.
 */
export interface Gesture {
  gesture: number;
  kind: "label" | "settings" | "anchor" | "unpin" | "class";
  class_id: number;
  count: number;
  by: string;
  at: number;
  revision: number;
  undone: boolean;
  note: string;
}

/** The newest gestures (at most 200), oldest first, and what undo and redo would do for this client. */
export interface History {
  gestures: Gesture[];
  can_undo: boolean;
  can_redo: boolean;
}

/**
 * Take back this client's newest gesture that still stands: labels, settings or pins, and with them the model and the layout of the
 * moment before it. Where somebody else has gone on since, labels, settings and pins alone; the answer's `message` says so.
 */
export interface Undo {
  op: "undo";
  command_id: string;
}

/** Bring back this client's gesture that was undone last. */
export interface Redo {
  op: "redo";
  command_id: string;
}

/** The gestures after one was made, undone or redone. */
export interface HistoryChanged {
  op: "history";
  history: History;
}

/** A gesture was made, undone or redone. In recordings only: clients are told the whole history. */
export interface GestureTold {
  op: "gesture";
  event: "made" | "undone" | "redone";
  gesture: Gesture;
}

/**
 * The atlas: `pages` square PNG pages of `columns` x `columns` cells of `cell` pixels, items in order, row by row.
 *
 * Each picture is `picture` pixels wide and high inside its cell, centred. `channels` 1: grey, brightness is ink.
 */
export interface Thumbnails {
  pages: number;
  page_size: number;
  columns: number;
  cell: number;
  picture: number;
  channels: 1 | 3;
}

/** A value that came with an item, as text; lists and structures as JSON. */
export interface Column {
  name: string;
  value: string;
}

/** Answer of GET /api/search: the items whose id, path or columns hold the text; ascending. */
export interface Found {
  items: number[];
}

/**
 * Answer of GET /api/items/{i}/info. `labelled_by`... are of the newest label; empty or -1 where there is none.
 *
 * `path`: its file below the folder the data came from, "" for none. `start`, `end`: seconds of the recording, of a sound.
 */
export interface ItemInfo {
  item: number;
  id: string;
  class_id: number;
  gesture: number;
  labelled_by: string;
  labelled_at: number;
  prediction: number;
  confidence: number;
  path: string;
  columns: Column[];
  start?: number | null;
  end?: number | null;
}

/**
 * A region drawn on the screen, enough to find its items again (region_query.py has the rule).
 *
 * `polygon`: flat [x0, y0, x1, y1, ...] in normalised device coordinates (-1..1, y up), closed by itself; inside is
 * where the winding number is not zero.
 * `clip_from_latent`: 16 numbers, column-major: latent means of the scene to clip space, as the camera was.
 * `mode`: "through" takes every item inside; "visible" only those that no nearer item covers.
 * `cell`: size of a point on screen, in normalised device coordinates (x, y): what one item covers in mode "visible".
 */
export interface Region {
  polygon: number[];
  clip_from_latent: number[];
  mode?: "through" | "visible";
  cell?: [number, number];
}

/**
 * How the items of a gesture were chosen; kept with the label for good.
 *
 * `verified`: somebody has looked at each of the items: such a label counts more, and is no suspect.
 */
export interface Provenance {
  tool: "lasso" | "rectangle" | "pick" | "sheet" | "brush" | "cluster" | "accept" | "api";
  regions?: Region[];
  note?: string;
  verified?: boolean;
}

/** Give `items` the class `class_id` (UNLABELED takes labels away), as one gesture. `revision` is what was seen. */
export interface Label {
  op: "label";
  command_id: string;
  items: number[];
  class_id: number;
  revision: number;
  provenance: Provenance;
}

/**
 * Give `items[k]` the class `class_ids[k]` (UNLABELED takes its label away), all as one gesture: a contact sheet, or predictions that
 * are accepted. `revision` is what was seen.
 */
export interface LabelEach {
  op: "label_each";
  command_id: string;
  items: number[];
  class_ids: number[];
  revision: number;
  provenance: Provenance;
}

/** Ask which items lie in `regions` (each one added to the ones before), at the positions this client has. */
export interface Resolve {
  op: "resolve";
  command_id: string;
  regions: Region[];
}

/**
 * Labels changed: `items[k]` now has class `class_ids[k]`.
 *
 * Sent to every client, in the order of `sequence`, never dropped.
 */
export interface Labels {
  op: "labels";
  sequence: number;
  gesture: number;
  by: string;
  items: number[];
  class_ids: number[];
}

/** Answer to resolve: the items, ascending, at `revision`. */
export interface Resolved {
  op: "resolved";
  command_id: string;
  items: number[];
  revision: number;
}

/**
 * Items are in somebody's hand: pull them to `targets`, one an item, in latent units, for as long as it lasts. No answer; the newest
 * of a client counts. Without items: let go, and nothing happened. `anchor` ends it as a gesture.
 */
export interface Drag {
  op: "drag";
  items: number[];
  targets: [number, number, number][];
}

/** Items were dragged to `targets`, as one gesture. `keep`: they stay pinned there; otherwise they are let go. */
export interface Anchor {
  op: "anchor";
  command_id: string;
  items: number[];
  targets: [number, number, number][];
  keep: boolean;
  revision: number;
}

/** Take the pins of `items` away, as one gesture; of all, when there are none. */
export interface Unpin {
  op: "unpin";
  command_id: string;
  items: number[];
}

/** Items the person looks at: on large data sets these move first. No answer; the newest of a client counts. */
export interface SetPriority {
  op: "set_priority";
  items: number[];
}

/** The items that are pinned, all of them, ascending. */
export interface PinsChanged {
  op: "pins";
  items: number[];
}

/** Where something is and how it is turned, in the scene's metres (the box is a cube of 1 m about the origin; quaternion x, y, z, w). */
export interface Pose {
  position: [number, number, number];
  orientation: [number, number, number, number];
}

/**
 * Where this client's head and hands are, for the others to see; no answer, the newest counts. Without `head`: in VR no more.
 *
 * `scale`: scene metres a metre of the room is, so that a head is drawn as large as it is.
 */
export interface Presence {
  op: "presence";
  head?: Pose | null;
  left?: Pose | null;
  right?: Pose | null;
  scale?: number;
}

/** Where another client's head and hands are. Without `head` it has left VR, or is gone. */
export interface PeerMoved {
  op: "peer";
  client_id: string;
  name: string;
  head?: Pose | null;
  left?: Pose | null;
  right?: Pose | null;
  scale?: number;
}

/** Whether this client wants a forces frame with every frame of positions. No answer. */
export interface Watch {
  op: "watch";
  forces: boolean;
}

/** Ask how the model sees `items`: forces, reconstruction, sigma. */
export interface Probe {
  op: "probe";
  command_id: string;
  items: number[];
}

/** Ask what lies at points of the latent space, in latent units. A client's newer question takes the place of one that still waits. */
export interface Decode {
  op: "decode";
  command_id: string;
  points: [number, number, number][];
}

/**
 * Answer to probe. `forces`: of each term flat [x, y, z, ...] (two numbers an item in 2D), minus the gradient of the weighted term at
 * the item's latent mean, in nats per latent unit. `pictures`: the reconstructions as base64 of uint8 (K, `height`, `width`, `channels`);
 * "" for vectors. `error`: reconstruction loss of each, nats. `sigma`: standard deviation of q(Z given X) along each axis, flat.
 */
export interface Probed {
  op: "probed";
  command_id: string;
  step: number;
  items: number[];
  forces: Record<string, number[]>;
  pictures: string;
  width: number;
  height: number;
  channels: number;
  error: number[];
  sigma: number[];
}

/** Answer to decode: `pictures` as base64 of uint8 (K, `height`, `width`, `channels`). */
export interface Decoded {
  op: "decoded";
  command_id: string;
  pictures: string;
  width: number;
  height: number;
  channels: number;
}

/** A gesture on the timeline: made, undone or redone after moment `moment`. */
export interface Tick {
  moment: number;
  event: "made" | "undone" | "redone";
  gesture: Gesture;
}

/** Where the recording holds whole scenes: which moment, when (seconds since it began), and the byte where the record begins. */
export interface Keyframes {
  moment: number[];
  time: number[];
  offset: number[];
}

/** Samples of the training curves: `values` of each loss term and metric at `moment`, null where it was not measured. */
export interface Curves {
  moment: number[];
  values: Record<string, (number | null)[]>;
}

/**
 * Answer of GET /api/timeline: what the recording holds. A moment is one recorded frame of positions, counted from 0.
 *
 * To show one, read /api/recording from the last keyframe at or before it (a Range request) up to the next one, or to `end`.
 */
export interface Timeline {
  moments: number;
  end: number;
  keyframes: Keyframes;
  ticks: Tick[];
  curves: Curves;
}

/**
 * How good the labels are, as far as can be told without the truth.
 *
 * `held_out_accuracy`: the classifier's on `held_out` labelled items that were set aside; null before there are enough. `labelled`,
 * `verified`: how many items are, and how many of these somebody has looked at one by one. `label_error`: estimated share of the labels
 * that are wrong. `right`: estimated share of all items that are right, by their label or else their prediction. `gestures_left`: how many
 * gestures it takes until `right` is `target`. These three are null before anything is predicted. `suspects`, `uncertain`: lengths of the
 * two queues of contact sheets.
 */
export interface Quality {
  held_out_accuracy: number | null;
  held_out: number;
  labelled: number;
  verified: number;
  label_error: number | null;
  right: number | null;
  gestures_left: number | null;
  target: number;
  suspects: number;
  uncertain: number;
}

/**
 * A picture on a contact sheet. `class_id`: its label, -1 for none; `prediction`: what the model says, with `confidence`.
 *
 * `doubt`: the probability that what stands is wrong: the label, or where there is none, the prediction.
 */
export interface SheetItem {
  item: number;
  class_id: number;
  prediction: number;
  confidence: number;
  doubt: number;
}

/**
 * Answer of GET /api/sheet: items to look at in one go, sorted by prediction, the most doubtful of each first.
 *
 * `total`: length of the whole queue. `expected_wrong`: how many on this sheet are probably wrong.
 */
export interface Sheet {
  kind: "suspects" | "uncertain";
  items: SheetItem[];
  total: number;
  expected_wrong: number;
}

/**
 * Answer of GET /api/next: what to look at next, and why.
 *
 * `items`: those of a region; of a sheet none, GET /api/sheet has them. `class_id`: what the model would call the region, -1 for nothing.
 * `reason`: a sentence for a person, with its figures. `gain`: how many items are probably right after it that are not now.
 */
export interface Suggestion {
  kind: "region" | "suspects" | "uncertain" | "done";
  items: number[];
  class_id: number;
  reason: string;
  gain: number;
}

/** The figures changed; newest wins. */
export interface QualityChanged {
  op: "quality";
  quality: Quality;
}

/** Answer of GET /api/session: all a page needs before it draws. */
export interface SessionInfo {
  protocol: string;
  version: string;
  dataset: string;
  item_kind: "image" | "vector" | "sound";
  n_items: number;
  latent_dim: number;
  scene_id: number;
  revision: number;
  sequence: number;
  read_only: boolean;
  role: "owner" | "annotator" | "viewer";
  classes: ClassInfo[];
  thumbnails: Thumbnails | null;
  training: Training;
  history: History;
  pins: number[];
  has_recording: boolean;
  /** null before the first estimate. */
  quality: Quality | null;
}

/** Answer of GET /healthz. */
export interface Health {
  status: "ok";
  trainer: "starting" | "running" | "paused" | "resting" | "restarting" | "failed" | "absent";
  uptime_seconds: number;
}

/**
 * First message of a client: which scene and revision it shows (from the GLB's extras), and who it is.
 *
 * The server goes on from there with a merged delta, or answers `resync` when it cannot.
 * `client_id` is made by the page and kept over reconnects: undo takes back one's own gestures.
 */
export interface Hello {
  op: "hello";
  client_id: string;
  scene_id: number;
  revision: number;
  sequence: number;
  name?: string;
}

/** Answer to hello: the state of everything but positions; deltas follow. */
export interface Welcome {
  op: "welcome";
  session: SessionInfo;
}

/**
 * The scene changed in a way deltas cannot tell (new box, dimension or session).
 *
 * The client fetches /api/scene.glb again and says hello again.
 */
export interface Resync {
  op: "resync";
  scene_id: number;
  reason: string;
}

/** What can be set while training runs. In a request, absent fields stay as they are. */
export interface Settings {
  preset?: "default" | "calm" | "paper" | null;
  latent_dim?: 2 | 3 | null;
  hidden_layers?: number | null;
  learning_rate?: number | null;
  beta_kl?: number | null;
  beta_classifier?: number | null;
  beta_neighbour?: number | null;
  beta_anchor?: number | null;
  beta_encoder?: number | null;
  stiffness?: number | null;
}

/**
 * One sample of the training curves, about twice a second.
 *
 * `terms` are the loss terms as models/vae/losses.py reports them, each apart and unweighted, and `total`, weighted.
 * `metrics`: "label_accuracy" (0..1) is the classifier's on labelled items it was not trained on, once there are
 * enough of them, "held_out" how many these are, "head_accuracy" that of the paper's head on the latent mean alone.
 */
export interface Losses {
  step: number;
  epoch: number;
  terms: Record<string, number>;
  metrics: Record<string, number>;
  kl_per_dimension: number[];
}

/** State of the trainer. `progress` (0..1) is that of the first training, 1 afterwards. */
export interface Training {
  state: "starting" | "running" | "paused" | "resting" | "restarting" | "failed" | "absent";
  phase: "layout" | "features" | "pretraining" | "interactive" | "resting";
  progress: number;
  step: number;
  frames_per_second: number;
  settings: Settings;
  message?: string;
}

/** Run, pause, or change settings. Taken by the trainer within one batch. A change of settings is a gesture, and can be undone. */
export interface SetTraining {
  op: "set_training";
  command_id: string;
  run?: boolean | null;
  settings?: Settings | null;
}

/** The trainer's state or progress changed. */
export interface TrainingChanged {
  op: "training";
  training: Training;
}

/** A new sample of the training curves; newest wins. */
export interface LossesMeasured {
  op: "losses";
  losses: Losses;
}

export type ClientOperation =
  | Hello
  | Label
  | LabelEach
  | Undo
  | Redo
  | AddClass
  | EditClass
  | MergeClass
  | DeleteClass
  | SetTraining
  | Drag
  | Anchor
  | Unpin
  | Watch
  | Probe
  | Decode
  | SetPriority
  | Presence
  | Resolve;

export type ServerOperation =
  | Welcome
  | Resync
  | Ack
  | Refused
  | Labels
  | Classes
  | HistoryChanged
  | GestureTold
  | PinsChanged
  | TrainingChanged
  | LossesMeasured
  | QualityChanged
  | Notice
  | PeerMoved
  | AccessChanged
  | Probed
  | Decoded
  | Resolved;
