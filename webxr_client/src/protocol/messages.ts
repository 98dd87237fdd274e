// Written by `python -m lodespace.protocol.typescript` from server/protocol/. Do not edit.

export const PROTOCOL_VERSION = "lodespace.v1";
export const UNLABELED = -1;
export const MAX_MESSAGE_BYTES = 1048576;
export const MAX_NAME_LENGTH = 80;
export const MAX_CLASS_NAME_LENGTH = 200;
export const MAX_LISTED_ITEMS = 60000;
export const MAX_ANCHORED = 10000;
export const MAX_PROBED = 256;
export const MAX_REGIONS = 64;
export const SHEET_SIZE = 27;
export const MAX_SHEET_SIZE = 200;
export const SIMILAR = 27;
export const MAX_SIMILAR = 10000;
export const MAX_SHOWN_SELECTED = 200;
export const MAX_EXAMPLE_BYTES = 33554432;
/** WebSocket close code of a stream whose device the owner has revoked. */
export const CLOSE_REVOKED = 4401;
/** Names of the training presets, in the order in which menus list them. */
export const PRESETS = ["default", "calm", "paper", "figure2"] as const;
export const FORCE_TERMS = ["kl", "classification", "neighbour", "anchor", "axis"] as const;
/** Terms of the loss, in the order of the charts, with the fields of Term (loss_terms.py). */
export const LOSS_TERMS = [
  {
    name: "reconstruction",
    weight: null,
    force: "probe",
    label: "reconstr.",
    title: "Reconstruction loss, nats per item",
    colour: "#57b8f0",
    moves: "encoder",
    effect: "",
    dial: null
  },
  {
    name: "kl",
    weight: "beta_kl",
    force: "frame",
    label: "KL",
    title: "KL divergence to the prior, nats per item",
    colour: "#b392ff",
    moves: "encoder",
    effect: "pulls all points to the prior",
    dial: {
      label: "β KL",
      title: "Weight of the KL divergence to the prior. 3 is usual; from 50 on the space collapses.",
      range: [
        0.1,
        1000
      ]
    }
  },
  {
    name: "classification",
    weight: "beta_classifier",
    force: "frame",
    label: "class",
    title: "Cross-entropy of the head, nats",
    colour: "#f2a33a",
    moves: "encoder",
    effect: "pulls labelled items to their class",
    dial: {
      label: "β classifier",
      title: "Weight of the labels",
      range: [
        1,
        10000
      ]
    }
  },
  {
    name: "neighbour",
    weight: "beta_neighbour",
    force: "frame",
    label: "neighbour",
    title: "Neighbour term, nats per item",
    colour: "#1fc49a",
    moves: "particles",
    effect: "pulls items of one class together, and pushes others apart",
    dial: {
      label: "β neighbour",
      title: "Weight of the neighbour graph",
      range: [
        0.05,
        20
      ]
    }
  },
  {
    name: "encoder",
    weight: "beta_encoder",
    force: null,
    label: "encoder",
    title: "Distance of the encoder's output from the particles",
    colour: "#e88ac6",
    moves: null,
    effect: "",
    dial: null
  },
  {
    name: "anchor",
    weight: "beta_anchor",
    force: "frame",
    label: "anchor",
    title: "Distance of latent means from the places where they are held",
    colour: "#ff8a5c",
    moves: "particles",
    effect: "pulls points to their pins and earlier places",
    dial: {
      label: "β anchor",
      title: "Weight of the forces that hold pinned and unlabelled points in place",
      range: [
        0.05,
        20
      ]
    }
  },
  {
    name: "axis",
    weight: "beta_axis",
    force: "frame",
    label: "axis",
    title: "Distance of latent means from their values on the named axes",
    colour: "#e8d44d",
    moves: "all",
    effect: "pulls items along a named axis to their value",
    dial: {
      label: "β axis",
      title: "Weight of the forces that pull items along a named axis to their value",
      range: [
        0.05,
        20
      ]
    }
  }
] as const;
/** Number of grid steps along each axis of the scene's box. */
export const GRID_STEPS = 65536;
export const OPCODE_SELECTION = 16;
/** Largest number of bytes of a part of a selection, without the header of the frame. */
export const PART_BYTES = 60000;
/** Codings of packed sets of items. */
export const CODING_BITMAP = 1;
export const CODING_RUNS = 2;
export const CODING_GAPS = 3;
/** Values per item in packed sets of items. */
export const VALUES_NONE = 0;
export const VALUES_CLASS_RUNS = 1;
export const VALUES_CLASS_BYTES = 2;
export const VALUES_CLASS_WORDS = 3;
export const VALUES_POINTS = 4;
export const FRAME_HEADER_BYTES = 32;
export const OPCODE_POSITIONS = 1;
export const OPCODE_PREDICTIONS = 2;
export const OPCODE_FORCES = 3;
export const FLAG_RESTING = 1;
/** Codes of errors; docs/protocol.md groups them. */
export type ErrorCode =
  | "address_blocked"
  | "bad_anchor"
  | "bad_axis"
  | "bad_certificate"
  | "bad_content_type"
  | "bad_dataset"
  | "bad_encoding"
  | "bad_format"
  | "bad_host"
  | "bad_items"
  | "bad_origin"
  | "bad_pairing_code"
  | "bad_port"
  | "bad_project"
  | "bad_question"
  | "bad_recording"
  | "bad_request"
  | "bad_rule"
  | "bad_scene"
  | "bad_search"
  | "bad_setting"
  | "bad_sheet"
  | "checkpoints_in_use"
  | "class_exists"
  | "class_in_use"
  | "class_locked"
  | "delta_overflow"
  | "internal_error"
  | "malformed_message"
  | "no_features"
  | "no_hello"
  | "no_model"
  | "no_original"
  | "no_page"
  | "no_picture"
  | "no_recording"
  | "no_shape"
  | "no_sound"
  | "no_token"
  | "no_training"
  | "not_added"
  | "not_allowed"
  | "not_found"
  | "not_paired"
  | "not_saved"
  | "not_shared"
  | "not_turned_back"
  | "not_waiting"
  | "nothing_to_redo"
  | "nothing_to_undo"
  | "other_user"
  | "port_taken"
  | "project_in_use"
  | "read_only"
  | "state_not_saved"
  | "too_large"
  | "too_many_classes"
  | "too_many_clients"
  | "too_many_connections"
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
  | "unknown_page"
  | "unknown_rule"
  | "unknown_column"
  | "unknown_selection"
  | "unknown_tile";

/** A device that requests access. */
export interface WaitingDevice {
  /** Id of the request. The decision (`Decide`) names this id. */
  request: string;
  /** The four characters that the device shows, so that the owner recognises the device. */
  code: string;
  /** Name of the device. */
  name: string;
  /** IP address of the device. */
  address: string;
  /** Time of the request, in seconds since the Unix epoch. */
  since: number;
}

/** An approved device. */
export interface Device {
  /** Id of the device. */
  device: string;
  /** Name of the device. */
  name: string;
  /** Role that the owner gave the device. */
  role: "owner" | "annotator" | "viewer";
  /** IP address of the device when it was approved. */
  address: string;
  /** Time of the approval, in seconds since the Unix epoch. */
  allowed_at: number;
  /** Time of the last request of the device, in seconds since the Unix epoch, exact to an hour. */
  seen_at: number;
  /** Number of open streams of the device. */
  connected: number;
}

/** Answer of GET /api/access: waiting and approved devices, for the owner. */
export interface Access {
  /**
   * URLs for other devices; empty without `--lan`.
   *
   * The URL that most likely works is the first.
   */
  addresses: string[];
  /** SHA-256 of the certificate, hexadecimal with colons; empty without `--lan`. */
  fingerprint: string;
  /** Devices that wait for a decision, oldest request first. */
  waiting: WaitingDevice[];
  /** Approved devices, newest first. */
  devices: Device[];
  /** Blocked IP addresses, whose requests for access are denied; absent if there are none. */
  blocked?: string[];
}

/** Body of POST /api/access/request. */
export interface AccessRequest {
  /** Name of the person. If it is empty, the device has the name of the browser. */
  name?: string;
}

/** Answer to a request for access. */
export interface AccessRequested {
  /** Secret with which the device polls for the decision. */
  secret: string;
  /** Four characters that the device shows. The owner's page shows the same characters. */
  code: string;
  /** Seconds until the request expires. */
  expires_in: number;
}

/** Body of POST /api/access/poll. */
export interface AccessPoll {
  /** Secret of the request. */
  secret: string;
  /** Name of the person, if it was entered after the request; else empty. */
  name?: string;
}

/** State of a request for access. The state `allowed` comes with the cookie for the device. */
export interface AccessAnswer {
  /**
   * State of the request. `allowed` and `denied` are the owner's decision. `waiting` means that
   * the owner has not decided yet, and `expired` that the request is no longer valid.
   */
  state: "waiting" | "allowed" | "denied" | "expired";
  /** Role of the approved device. */
  role?: "owner" | "annotator" | "viewer" | null;
}

/** Body of POST /api/access/pair. */
export interface Pair {
  /** Pairing code as typed: in upper or lower case, with or without the hyphen. */
  code: string;
  /** Name of the person. If it is empty, the device has the name of the browser. */
  name?: string;
}

/** Body of POST /api/access/decide. */
export interface Decide {
  /** Id of the request. */
  request: string;
  /**
   * Role that the device gets; null denies the request. The role `owner` is for the owner's own
   * devices, such as a headset.
   */
  role?: "owner" | "annotator" | "viewer" | null;
}

/** Body of POST /api/access/block. */
export interface BlockAddress {
  /** IP address. */
  address: string;
  /**
   * Whether all requests for access from the address are denied, until the server stops. Devices
   * that are already approved keep their access.
   */
  blocked?: boolean;
}

/** Body of POST /api/access/code. */
export interface MakeCode {
  /** Role that the device gets when it redeems the code. */
  role: "annotator" | "viewer";
}

/** A code that pairs one device. A new code makes the previous code invalid. */
export interface PairingCode {
  /** The code, with a hyphen in the middle. */
  code: string;
  /** Role that the device gets when it redeems the code. */
  role: "owner" | "annotator" | "viewer";
  /** Seconds for which the code is valid. */
  expires_in: number;
}

/** Body of POST /api/access/revoke. The streams of the device are closed. */
export interface Revoke {
  /** Id of the device. */
  device: string;
}

/** Waiting or approved devices changed. Sent to clients with the role `owner`. */
export interface AccessChanged {
  op: "access";
  /** All waiting and approved devices. */
  access: Access;
}

/** A new item that was left out. */
export interface LeftOut {
  /** Id of the item, or name of its file. */
  name: string;
  /** Why it was left out. */
  reason: string;
}

/** Answer of POST /api/items. */
export interface ItemsAdded {
  /** Number of the first added item. The others follow it. */
  first: number;
  /** Number of added items. */
  count: number;
  /** Number of items of the project, with the added ones. */
  n_items: number;
  /** Number of sent items that the project had already. */
  known: number;
  /** The first items that were left out, at most 100. */
  left_out: LeftOut[];
  /** Labels that came with the items and could not be given, with the reasons, at most 100. */
  notes: string[];
}

/** Body of every HTTP answer with a status of 400 or more. */
export interface ErrorBody {
  /** Stable code of the error, for programs. */
  code: string;
  /** A sentence for a person. */
  message: string;
}

/** Answer to a command that took effect. The event of the command, if any, is on disk. */
export interface Ack {
  op: "ack";
  /** Id of the command. */
  command_id: string;
  /**
   * Number of the command's event in the label log.
   *
   * A command that changed nothing has no event. In that case, this is the number of the newest
   * event.
   */
  sequence: number;
  /** Number of items that changed. */
  count: number;
  /**
   * Class that `add_class` created, or that a gesture assigned; -1 for no class or several
   * classes.
   */
  class_id?: number;
  /**
   * A sentence for a person if a part of the command had no effect, or if it replaced labels of
   * other people; else empty.
   */
  message?: string;
}

/** Answer to a message that was refused. Nothing changed. */
export interface Refused {
  op: "refused";
  /** Id of the command; empty when the message has no id. */
  command_id: string;
  /** Stable code of the error, for programs. */
  code: string;
  /** A sentence for a person. */
  message: string;
}

/** A message to a person about a problem and the next action. */
export interface Notice {
  op: "notice";
  /** Topic of the problem. A notice replaces the previous notice of the same topic. */
  topic: "collapse" | "trainer" | "disk" | "undo" | "data";
  /** Code of the problem. If empty, the page removes the notice of this topic. */
  code: string;
  /** Sentences for a person: the problem, and the next action. */
  message: string;
  /** Settings that solve the problem; the page offers to apply them. */
  mend?: Settings | null;
}

/**
 * Show a value along an axis of the map, as one gesture. The value replaces the previous value
 * of the axis.
 *
 * A column contains the value, or two groups of items describe it: items in `few` have little of
 * the value, and items in `many` have much of it. The map turns and is trained until the value
 * grows along the axis. If the value cannot be used, the server refuses the command with
 * `bad_axis` and the reason.
 */
export interface SetAxis {
  op: "set_axis";
  /** Id of the command. */
  command_id: string;
  /** The axis. */
  axis: "x" | "y" | "z";
  /** Column of the table, with numbers, dates or categories; null for two groups. */
  column?: string | null;
  /**
   * Category of the column that is compared with all other categories; null to show numbers,
   * dates, or all categories in their natural order.
   */
  category?: string | null;
  /** Items that have little of the value; empty if a column or `few_selection` is given. */
  few?: number[];
  /** Items that have much of the value; empty if a column or `many_selection` is given. */
  many?: number[];
  /**
   * Slot of the uploaded selection with the items that have little of the value; null if `few`
   * lists them.
   */
  few_selection?: number | null;
  /**
   * Slot of the uploaded selection with the items that have much of the value; null if `many`
   * lists them.
   */
  many_selection?: number | null;
  /** Name of the axis. If it is empty, the axis has the name of the column. */
  name?: string;
}

/** Remove the value from an axis of the map, as one gesture. */
export interface RemoveAxis {
  op: "remove_axis";
  /** Id of the command. */
  command_id: string;
  /** The axis. */
  axis: "x" | "y" | "z";
}

/** A marked value of an axis. */
export interface AxisTick {
  /** Coordinate on the shown map, in latent units. */
  at: number;
  /** The value, in the units of the column. */
  text: string;
}

/** An axis of the map that shows a value. */
export interface NamedAxis {
  /** The axis. */
  axis: "x" | "y" | "z";
  /** Name of the axis. */
  name: string;
  /** Number of items whose value is known. */
  known: number;
  /** Number of values on which `correlation` was measured. */
  n: number;
  /**
   * How `correlation` was measured. True: on values that are hidden from training, compared with
   * the places of their items on the map. False: there are too few values to hide some, so each
   * value is compared with its prediction from the other values.
   */
  hidden: boolean;
  /** Column whose values the axis shows; empty for two groups of items. */
  column?: string;
  /** Marked values, ascending; empty until the map shows the axis. */
  ticks?: AxisTick[];
  /**
   * Spearman's rank correlation, -1 to 1, on values that the model did not see; null while it is
   * not known.
   */
  correlation?: number | null;
}

/**
 * Sent when the named axes, their ticks or their correlations have changed. Each message
 * replaces the previous one.
 */
export interface AxesChanged {
  op: "axes";
  /** All named axes, in the order x, y, z. */
  axes: NamedAxis[];
}

/** A column whose values an axis can show. */
export interface AxisColumn {
  /** Name of the column. */
  name: string;
  /** Kind of the values. */
  kind: "number" | "date" | "category";
  /** Categories in their natural order; empty for numbers and dates. */
  categories: string[];
}

/** Answer of GET /api/axes. */
export interface AxisColumns {
  /** Columns whose values an axis can show, in the order of the table. */
  columns: AxisColumn[];
}

/**
 * Body of POST /api/bench: the report that the page shows after VR with `?bench` in its
 * address.
 */
export interface BenchReport {
  /** One fact per line. */
  text: string;
}

/** Answer of POST /api/bench. */
export interface BenchLogged {
  /** Number of lines that the server wrote to its log. */
  lines: number;
}

/** A class. */
export interface ClassInfo {
  /** Number of the class. The number never changes. */
  class_id: number;
  /** Name of the class. */
  name: string;
  /** Colour of the class, as `#rrggbb`. */
  colour: string;
  /** Whether no gesture may add or remove labels of the class. */
  locked?: boolean;
  /**
   * Whether the class was deleted or merged into another class, or the creation of the class was
   * undone. No item has a removed class. An undo or redo can restore the class.
   */
  removed?: boolean;
}

/** Create a class. */
export interface AddClass {
  op: "add_class";
  /** Id of the command. */
  command_id: string;
  /** Name of the class. */
  name: string;
  /** Colour of the class, as `#rrggbb`; null for the next colour of the palette. */
  colour?: string | null;
}

/** Rename, recolour, lock or unlock a class. A field that is null does not change the class. */
export interface EditClass {
  op: "edit_class";
  /** Id of the command. */
  command_id: string;
  /** Number of the class. */
  class_id: number;
  /** New name; null for no change. */
  name?: string | null;
  /** New colour, as `#rrggbb`; null for no change. */
  colour?: string | null;
  /** Whether no gesture may add or remove labels of the class; null for no change. */
  locked?: boolean | null;
}

/** Merge a class into another: every item of the class `class_id` gets the class `into`. */
export interface MergeClass {
  op: "merge_class";
  /** Id of the command. */
  command_id: string;
  /** Number of the class that disappears. */
  class_id: number;
  /** Number of the class that stays. */
  into: number;
}

/** Delete a class and the labels of its items. */
export interface DeleteClass {
  op: "delete_class";
  /** Id of the command. */
  command_id: string;
  /** Number of the class. */
  class_id: number;
}

/** Message to all clients that classes changed. */
export interface Classes {
  op: "classes";
  /** Number of the event that changed the classes. The event is in the label log. */
  sequence: number;
  /** All classes, in the order of their numbers. */
  classes: ClassInfo[];
}

/** One action of a person, which is undone and redone as a whole. */
export interface Gesture {
  /** Number of the gesture's event in the label log. */
  gesture: number;
  /**
   * Kind of the change: labels, settings, positions (`anchor`), pins (`unpin`), classes, named
   * axes or rules.
   */
  kind: "label" | "settings" | "anchor" | "unpin" | "class" | "axis" | "rule";
  /** Class that the gesture gave to the items; -1 for several classes or no class. */
  class_id: number;
  /** Number of items that changed. */
  count: number;
  /**
   * Id of the client that made the gesture. The id of a client on an approved device has the form
   * `DEVICE.CLIENT`.
   */
  by: string;
  /** Time of the gesture, in seconds since the Unix epoch. */
  at: number;
  /** Revision of the positions that the client showed at the time of the gesture. */
  revision: number;
  /** Whether the gesture is currently undone. */
  undone: boolean;
  /** Short description of the change; it may be empty. */
  note: string;
}

/** The newest gestures, and whether this client can undo and redo. */
export interface History {
  /** At most 200 gestures, oldest first. */
  gestures: Gesture[];
  /** Whether there is a gesture of this client to undo. */
  can_undo: boolean;
  /** Whether there is a gesture that this client undid and can redo. */
  can_redo: boolean;
}

/**
 * Undo one gesture: the newest one of this client, or a gesture that the owner chooses.
 * Gestures that are already undone do not count.
 *
 * Labels, settings, pins, classes or axes that the gesture changed return to their previous state.
 * If no other client has made changes since the gesture, the model and the layout return to their
 * state before the gesture. Otherwise they keep their state, and the answer has a `message`.
 */
export interface Undo {
  op: "undo";
  /** Id of the command. */
  command_id: string;
  /**
   * Number of the gesture; 0 for the newest gesture of this client. A gesture can be undone only
   * after all later gestures of the same client are undone. Only the owner may name a gesture of
   * another client.
   */
  gesture?: number;
  /**
   * If true, `gesture` 0 stands for the newest gesture of this client or of any page of the owner
   * on the server's machine, in any browser and on any port. Only the owner may set this field.
   */
  owners?: boolean;
}

/** Redo the gesture that this client undid last. */
export interface Redo {
  op: "redo";
  /** Id of the command. */
  command_id: string;
}

/** A gesture was made, undone or redone. */
export interface HistoryChanged {
  op: "history";
  /** The newest gestures. */
  history: History;
}

/**
 * A gesture was made, undone or redone. Only recordings have this message; clients receive
 * `history`.
 */
export interface GestureTold {
  op: "gesture";
  /** Whether the gesture was made, undone or redone. */
  event: "made" | "undone" | "redone";
  /** The gesture. */
  gesture: Gesture;
  /** Number of items with a label after this event; null in recordings of older versions. */
  labelled?: number | null;
}

/** One line of the report of an import: how the data were read, or what was left out. */
export interface ReportLine {
  /**
   * Subject of the line: left_out, items, ids, labels, splits, sizes, values, sound, columns,
   * features.
   */
  topic: string;
  /** How the import reads the data in this respect, in one line. */
  text: string;
  /** Whether a person should check this line. */
  doubtful?: boolean;
  /**
   * Option with an example value, which makes the import read the data in another way.
   *
   * Empty if there is no such option.
   */
  option?: string;
}

/** The atlas: square PNG pages with small pictures of the items, in item order, row by row. */
export interface Thumbnails {
  /** Number of pages. */
  pages: number;
  /** Width and height of a page, in pixels. */
  page_size: number;
  /** Number of cells per row; a page has the same number of rows. */
  columns: number;
  /** Width and height of a cell, in pixels. */
  cell: number;
  /** Width and height of the picture in the centre of each cell, in pixels. */
  picture: number;
  /**
   * 3 for colour pictures. 1 for grey pictures, which the client draws in the colours of the
   * classes.
   */
  channels: 1 | 3;
}

/** Value of one imported column for one item. */
export interface Column {
  /** Name of the column. */
  name: string;
  /** The value as text; lists and structures as JSON. */
  value: string;
}

/** Answer of GET /api/column: the values of one column for all items, in a few bins. */
export interface ColumnBins {
  /** Name of the column. */
  name: string;
  /** Kind of the values. */
  kind: "number" | "date" | "category";
  /** Name of each bin, at most 24: a category, or the least and the largest value. */
  bins: string[];
  /** Bin of each item as a byte, in base64; 255 for an item without a value. */
  codes: string;
}

/** Answer of GET /api/search. */
export interface Found {
  /** Items whose id, path or columns contain the text, ascending. */
  items: number[];
  /** Items whose id equals the text, ascending. Case is ignored. */
  exact?: number[];
}

/** Answer of GET /api/words. */
export interface ClassWords {
  /**
   * Words that can name classes, from columns with few different texts.
   *
   * The most likely words are first. Each word is listed once.
   */
  words: string[];
}

/** Answer of GET /api/items/{item}/info. */
export interface ItemInfo {
  /** Number of the item. */
  item: number;
  /** Id of the item in the imported data, or the number of the item if the data have no ids. */
  id: string;
  /** Class of the label; -1 if unlabelled. */
  class_id: number;
  /**
   * Number of the gesture or rule that labelled the item; 0 if none did, or if several votes were
   * weighed together.
   */
  gesture: number;
  /** Id of the client that labelled the item, or added the rule; empty if no one did. */
  labelled_by: string;
  /**
   * Time of the gesture that labelled the item, in seconds since the Unix epoch; 0 if no
   * gesture labelled the item.
   */
  labelled_at: number;
  /** Class that the model predicts; -1 before the first prediction. */
  prediction: number;
  /** Probability of the predicted class, 0..1. */
  confidence: number;
  /** Path of the item's file below the imported folder; empty for an item without a file. */
  path: string;
  /** All values that were imported with the item. */
  columns: Column[];
  /** Start of the item in the sound file, in seconds; null for items that are not sounds. */
  start?: number | null;
  /** Number of the rule from which the item has its label; 0 if the label is not from a rule. */
  rule?: number;
  /** End of the item in the sound file, in seconds; null for items that are not sounds. */
  end?: number | null;
}

/** A region drawn on the screen, with all data that are needed to find the items inside. */
export interface Region {
  /**
   * Corners of the polygon, flat [x0, y0, x1, y1, ...], in normalised device coordinates (-1..1,
   * y up). The last corner is connected to the first. A point is inside if the winding number of the
   * polygon around the point is not zero.
   */
  polygon: number[];
  /** Matrix from latent means to the camera's clip space, column-major. */
  clip_from_latent: number[];
  /**
   * `through` selects all items in the polygon. `visible` leaves out items that are hidden behind
   * other items.
   */
  mode?: "through" | "visible";
  /**
   * Width and height of the cell that an item covers in mode `visible`, in normalised device
   * coordinates.
   */
  cell?: [number, number];
}

/** How the items of a gesture were chosen. Stored with the label. */
export interface Provenance {
  /** Tool of the gesture. */
  tool: "lasso" | "rectangle" | "pick" | "sheet" | "brush" | "cluster" | "similar" | "accept" | "api";
  /** Regions that were drawn. */
  regions?: Region[];
  /** Free text that the client stores with the gesture. */
  note?: string;
  /**
   * Whether a person has looked at each of the items. A verified label has more weight in
   * training, and is never listed as a suspect.
   */
  verified?: boolean;
  /**
   * Whether each label is hidden from all people until another person has labelled the item, too,
   * blind or not. A sheet of the kind `double` has such items.
   */
  blind?: boolean;
}

/** Label items with one class, as one gesture. */
export interface Label {
  op: "label";
  /** Id of the command. */
  command_id: string;
  /** Items to label; empty if `selection` has them. */
  items?: number[];
  /** Slot of the uploaded selection with the items; null if `items` lists them. */
  selection?: number | null;
  /** Class that the items get; UNLABELED (-1) removes their labels. */
  class_id: number;
  /** Revision of the positions that the client showed. */
  revision: number;
  /** How the items were chosen. */
  provenance: Provenance;
}

/**
 * Label each item with its own class, as one gesture.
 *
 * Contact sheets and accepted predictions use this command.
 */
export interface LabelEach {
  op: "label_each";
  /** Id of the command. */
  command_id: string;
  /** Items to label, each listed once; empty if `selection` has them. */
  items?: number[];
  /** Class per item of `items`; UNLABELED (-1) removes the label. */
  class_ids?: number[];
  /**
   * Slot of the uploaded selection with the items and their classes; null if `items` lists
   * them.
   */
  selection?: number | null;
  /** Revision of the positions that the client showed. */
  revision: number;
  /** How the items were chosen. */
  provenance: Provenance;
}

/**
 * Ask which items lie in the regions.
 *
 * The server tests the positions that this client currently shows. If the server no longer stores
 * these positions, it tests the newest positions.
 */
export interface Resolve {
  op: "resolve";
  /** Id of the query. */
  command_id: string;
  /** Regions; the answer is the union of their items. */
  regions: Region[];
}

/** Labels changed. Every client receives every change, in the order of `sequence`. */
export interface Labels {
  op: "labels";
  /** Number of the event in the label log. */
  sequence: number;
  /**
   * Number of the gesture that changed the labels; 0 when this message merges all changes that
   * the client missed.
   */
  gesture: number;
  /** Id of the client that made the gesture; empty when `gesture` is 0. */
  by: string;
  /** Items whose labels changed; empty if `packed` has them. */
  items: number[];
  /** New class per item of `items`; -1 if unlabelled. */
  class_ids: number[];
  /**
   * Items and their new classes as base64 of a packed set (item_sets.py), if there are more than
   * MAX_LISTED_NEWS; else empty.
   */
  packed?: string;
}

/** Answer to `resolve`. */
export interface Resolved {
  op: "resolved";
  /** Id of the query. */
  command_id: string;
  /** Items in the regions, ascending. */
  items: number[];
  /** Revision of the positions at which the items were found. */
  revision: number;
}

/** A person who labelled items, or whose page is connected. */
export interface Person {
  /** Id of the person: `owner`, or the id of a device. */
  person: string;
  /** Name of the person. */
  name: string;
  /** Number of items that the person labelled. Labels that others replaced count, too. */
  labelled: number;
  /** Whether a page of the person is connected. */
  connected: boolean;
}

/** Body of POST /api/whose. */
export interface AskWhose {
  /** Items; empty if `packed` has them. */
  items?: number[];
  /** Items as base64 of a packed set (item_sets.py); empty if `items` lists them. */
  packed?: string;
}

/** Number of labels of a person. */
export interface PersonLabels {
  /** Id of the person. */
  person: string;
  /** Name of the person. */
  name: string;
  /** Number of items whose label the person, or a rule of the person, gave. */
  count: number;
}

/** Answer of POST /api/whose: whose labels some items have. */
export interface Whose {
  /** The other people whose labels the items have, most labels first. */
  others: PersonLabels[];
}

/** Kappa of one class against all others. */
export interface ClassKappa {
  /** Number of the class. */
  class_id: number;
  /** Kappa: 1 is full agreement, 0 is what chance would give. */
  kappa: number;
}

/** Cohen's kappa of two people, on the items that both labelled. */
export interface PairAgreement {
  /** Id of a person. */
  first: string;
  /** Id of the other person. */
  second: string;
  /** Number of items that both labelled. */
  items: number;
  /** Number of these items to which both gave the same class. */
  same: number;
  /** Cohen's kappa; null if both gave all of these items one class. */
  kappa: number | null;
  /** Kappa per class, by number of the class. A class for which it is not defined is left out. */
  classes: ClassKappa[];
}

/** Answer of GET /api/agreement. */
export interface Agreement {
  /** Number of the event to which the figures belong. */
  sequence: number;
  /** Id of the person who asks. */
  you: string;
  /**
   * All people who labelled items, in the order of their first labels, then those who are only
   * connected.
   */
  people: Person[];
  /** Agreement of each two people who labelled an item in common. */
  pairs: PairAgreement[];
  /** Number of items that at least two people labelled. */
  items: number;
  /** Number of these items to which all who labelled them gave the same class. */
  same: number;
  /** Fleiss' kappa of all people; null while it is not defined. */
  kappa: number | null;
  /** Fleiss' kappa per class, by number of the class. */
  classes: ClassKappa[];
}

/**
 * Pull items to targets while a person drags them.
 *
 * There is no answer. Each `drag` replaces the previous `drag` of the client. A `drag` without
 * items makes no gesture: it releases all dragged items, and the points move back to their places
 * before the drag. An `anchor` ends the drag and makes one gesture.
 */
export interface Drag {
  op: "drag";
  /** Dragged items; empty if `selection` has them. */
  items?: number[];
  /** Target per item of `items`, in latent units. */
  targets?: [number, number, number][];
  /**
   * Slot of the uploaded selection with the items and one point per item; null if `items` lists
   * them.
   */
  selection?: number | null;
  /**
   * Affine motion of the selected points to their targets, as three rows of four numbers; null
   * without a selection.
   */
  moved?: number[] | null;
}

/** End a drag. The whole drag is one gesture. */
export interface Anchor {
  op: "anchor";
  /** Id of the command. */
  command_id: string;
  /** Items that were dragged; empty if `selection` has them. */
  items?: number[];
  /** Target per item of `items`, in latent units. */
  targets?: [number, number, number][];
  /**
   * Slot of the uploaded selection with the items and one point per item; null if `items` lists
   * them.
   */
  selection?: number | null;
  /**
   * Affine motion of the selected points to their targets, as three rows of four numbers; null
   * without a selection.
   */
  moved?: number[] | null;
  /** Whether the items stay pinned to their targets. If false, the points move back. */
  keep: boolean;
  /** Revision of the positions that the client showed. */
  revision: number;
}

/** Remove pins, as one gesture. */
export interface Unpin {
  op: "unpin";
  /** Id of the command. */
  command_id: string;
  /** Items to release. Without items and without a selection, all pinned items are released. */
  items?: number[];
  /** Slot of the uploaded selection with the items; null if `items` lists them. */
  selection?: number | null;
}

/**
 * Set the items in view. On large data sets, items in view move first.
 *
 * There is no answer. Each message replaces the previous message of the client.
 */
export interface SetPriority {
  op: "set_priority";
  /** Items in view. */
  items: number[];
}

/** Pins changed. */
export interface PinsChanged {
  op: "pins";
  /** All pinned items, ascending; empty if `packed` has them. */
  items: number[];
  /**
   * The items as base64 of a packed set (item_sets.py), if there are more than MAX_LISTED_NEWS;
   * else empty.
   */
  packed?: string;
}

/** Body of POST /api/predict: new items, either pictures or vectors. */
export interface Predict {
  /** Picture files (PNG, JPEG, WebP, TIFF, GIF), each as base64, of any size. */
  pictures?: string[];
  /** Vectors, each with as many numbers as a vector of the project. */
  vectors?: number[][];
  /** Features of each item; only for a project whose items were imported with features. */
  features?: number[][];
  /** Whether the answer states the probability of every class. */
  probabilities?: boolean;
}

/** Answer of POST /api/predict, with the items in the order of the request. */
export interface Predictions {
  /** Names of all classes, by class id. */
  classes: string[];
  /** Predicted class of each item. */
  prediction: number[];
  /** Probability of the predicted class of each item, 0..1. */
  confidence: number[];
  /** Training step of the newest checkpoint, whose model made the predictions. */
  step: number;
  /** Probabilities of all classes per item, if the request asks for them; else empty. */
  probabilities?: number[][];
}

/**
 * Position and orientation of a head or hand in the scene. The box of the items is a cube with
 * edges of 1 m, centred at the origin of the scene.
 */
export interface Pose {
  /** Position in the scene, in metres. */
  position: [number, number, number];
  /** Orientation, as a quaternion x, y, z, w. */
  orientation: [number, number, number, number];
}

/**
 * View, hands and pointer of the person at this client, for the other clients.
 *
 * There is no answer. Each message replaces the previous message of the client.
 */
export interface Presence {
  op: "presence";
  /** Pose of the head in VR, or of the camera on the page; null if others should not see it. */
  head?: Pose | null;
  /** Pose of the left hand; null if the hand is not tracked. */
  left?: Pose | null;
  /** Pose of the right hand; null if the hand is not tracked. */
  right?: Pose | null;
  /**
   * Metres of the scene per metre of the room. Other clients draw the head of this person larger
   * by this factor. On the page, the width of the view at the middle of the scene, relative to the
   * first view.
   */
  scale?: number;
  /** Place of the item under the pointer, in metres of the scene; null without such an item. */
  cursor?: [number, number, number] | null;
  /** Request to the other people. */
  call?: "" | "come" | "follow";
}

/**
 * The items that are selected at this client, for the other clients.
 *
 * There is no answer. Each message replaces the previous message of the client.
 */
export interface ShowSelection {
  op: "show_selection";
  /** Selected items, or some of them, spread evenly, if there are many. */
  items?: number[];
  /** Number of selected items. */
  count?: number;
}

/** View, hands and pointer of another client. */
export interface PeerMoved {
  op: "peer";
  /** Id of the other client. */
  client_id: string;
  /** Name of the person at the other client. */
  name: string;
  /** Pose of the head or camera; null if the client is disconnected, or shows none. */
  head?: Pose | null;
  /** Pose of the left hand; null if the hand is not tracked. */
  left?: Pose | null;
  /** Pose of the right hand; null if the hand is not tracked. */
  right?: Pose | null;
  /** Metres of the scene per metre of the room of the client `client_id`. */
  scale?: number;
  /** Place of the item under the pointer, in metres of the scene. */
  cursor?: [number, number, number] | null;
  /** Request to the other people. */
  call?: "" | "come" | "follow";
  /** Number of the colour of the person, the same on all pages; the first person has 0. */
  colour?: number;
}

/** The items that are selected at another client. */
export interface PeerSelected {
  op: "peer_selected";
  /** Id of the other client. */
  client_id: string;
  /** Selected items, or some of them if there are many. */
  items: number[];
  /** Number of selected items. */
  count: number;
}

/**
 * Start or stop the forces frames of this client.
 *
 * After a start, the server sends a forces frame with every positions frame. This message has no
 * answer.
 */
export interface Watch {
  op: "watch";
  /** Whether this client receives forces. */
  forces: boolean;
}

/** Ask for the forces, the reconstruction and the standard deviation (sigma) of each item. */
export interface Probe {
  op: "probe";
  /** Id of the query. */
  command_id: string;
  /** Items to probe. */
  items: number[];
}

/** Ask for the decoded pictures of points. A client may have only a few open queries. */
export interface Decode {
  op: "decode";
  /** Id of the query. */
  command_id: string;
  /** Points of the latent space, in latent units. */
  points: [number, number, number][];
}

/** Answer to `probe`, for K items in a latent space of D dimensions. */
export interface Probed {
  op: "probed";
  /** Id of the query. */
  command_id: string;
  /** Training step of the values. */
  step: number;
  /** Items that were probed (K). */
  items: number[];
  /**
   * Forces on the items per loss term, in nats per latent unit, flat (K * D). A force is minus
   * the gradient of the weighted term at the latent mean.
   */
  forces: Record<string, number[]>;
  /** Reconstructions, base64 of uint8 (K, height, width, channels); empty if items are vectors. */
  pictures: string;
  /** Width of a reconstruction, in pixels. */
  width: number;
  /** Height of a reconstruction, in pixels. */
  height: number;
  /** Number of channels: 1 (grey) or 3 (red, green, blue). */
  channels: number;
  /** Reconstruction loss per item, in nats (K). */
  error: number[];
  /** Standard deviation of q(Z given X) along each axis, in latent units, flat (K * D). */
  sigma: number[];
}

/** Answer to `decode`, for K points. */
export interface Decoded {
  op: "decoded";
  /** Id of the query. */
  command_id: string;
  /** Decoded pictures, base64 of uint8 (K, height, width, channels). */
  pictures: string;
  /** Width of a picture, in pixels. */
  width: number;
  /** Height of a picture, in pixels. */
  height: number;
  /** Number of channels: 1 (grey) or 3 (red, green, blue). */
  channels: number;
}

/** A gesture on the timeline. */
export interface Tick {
  /** Moment (number of the recorded frame) after which the gesture happened. */
  moment: number;
  /** Whether the gesture was made, undone or redone. */
  event: "made" | "undone" | "redone";
  /** The gesture. */
  gesture: Gesture;
  /** Number of items with a label after this event; null in recordings of older versions. */
  labelled?: number | null;
}

/** Keyframes of the recording: records that hold a whole scene. */
export interface Keyframes {
  /** Moment (number of the recorded frame) of each keyframe. */
  moment: number[];
  /** Time of each keyframe, in seconds since the start of the recording. */
  time: number[];
  /** Byte of the recording at which each keyframe starts. */
  offset: number[];
}

/** Samples of the training curves. */
export interface Curves {
  /** Moment (number of the recorded frame) of each sample. */
  moment: number[];
  /**
   * Values per loss term and per metric, one value per sample; null for a value that was not
   * measured.
   */
  values: Record<string, (number | null)[]>;
}

/**
 * Answer of GET /api/timeline. A moment is one recorded frame of positions, counted from 0.
 *
 * To show a moment, read /api/recording (a Range request) from the last keyframe at or before the
 * moment up to the next keyframe. After the last keyframe, read up to `end`.
 */
export interface Timeline {
  /** Number of moments. */
  moments: number;
  /** Size of the recording, in bytes. */
  end: number;
  /** All keyframes, in order. */
  keyframes: Keyframes;
  /** All gestures, in order. */
  ticks: Tick[];
  /** Samples of the training curves. */
  curves: Curves;
}

/** Interval that contains the true value of an estimated share with a probability of 0.9. */
export interface Interval {
  /** Lower bound. */
  low: number;
  /** Upper bound. */
  high: number;
}

/**
 * Quality of the labels, estimated without the true classes.
 *
 * `held_out_accuracy`, `label_error` and `right` are null while they cannot be known. They cannot
 * be known before the first predictions, while a class has no label, and while there are fewer
 * than two classes. A class without labels is never predicted, so the estimate would miss all
 * errors on its items.
 */
export interface Quality {
  /** Number of classes that are not merged or deleted. */
  classes: number;
  /** Number of classes that have a label, without merged and deleted classes. */
  classes_labelled: number;
  /**
   * Number of unlabelled items that are in a cluster of the map with too few labels
   * (review/islands.py). They may be of a class that is not listed yet, so `right` gives their
   * predictions little weight. 0 while `right` is null.
   */
  unknown: number;
  /**
   * Accuracy of the classifier on held-out labelled items; null while `right` is null, and when
   * there are too few held-out items.
   */
  held_out_accuracy: number | null;
  /** Number of held-out labelled items. */
  held_out: number;
  /** Interval of `held_out_accuracy`. The interval is wider when fewer items are held out. */
  held_out_interval: Interval | null;
  /** Number of labelled items. */
  labelled: number;
  /** Number of labelled items that a person has looked at one by one. */
  verified: number;
  /** Estimated share of labels that are wrong. */
  label_error: number | null;
  /** Interval of `label_error`. */
  label_error_interval: Interval | null;
  /**
   * Estimated share of items whose label is right. For an unlabelled item, the prediction
   * counts. The answers on contact sheets calibrate the estimate. Null while it cannot be computed,
   * and with fewer than 18 labels. Before the fifth sheet, it is also null while `right_interval`
   * would be too wide.
   */
  right: number | null;
  /** Interval of `right`. */
  right_interval: Interval | null;
  /** Number of contact sheets whose answers calibrate the estimates. */
  sheets: number;
  /**
   * Number of items in the queue `suspects`; null while it is unknown: before the
   * first predictions, and while a class has no label. 0 if all items are verified.
   */
  suspects: number | null;
  /**
   * Number of items in the queue `uncertain`; null before the first predictions. 0 if all
   * items are verified.
   */
  uncertain: number | null;
}

/** A picture on a contact sheet. */
export interface SheetItem {
  /** Number of the item. */
  item: number;
  /** Class of the label; -1 if unlabelled. */
  class_id: number;
  /** Class that the model predicts; -1 before the first prediction. */
  prediction: number;
  /** Probability of the predicted class. */
  confidence: number;
  /**
   * Probability that the label is wrong. For an unlabelled item, the prediction counts instead of
   * the label.
   */
  doubt: number;
  /**
   * Class that the item gets if a person confirms the sheet.
   *
   * An unlabelled item gets its prediction; -1 if it has no prediction. A labelled item keeps its
   * label, unless the calibrated probability of another class is at least 0.9.
   */
  proposed: number;
  /** Number of the item's group, from 0. The items of a group follow one another. */
  group: number;
  /** Beginning of the item's text; empty for items that are not texts. */
  text?: string;
}

/**
 * Items of a sheet that probably have the same class. A person can label all of them in one
 * act.
 */
export interface SheetGroup {
  /**
   * Approximate number of unlabelled items in the region of the map for which the group stands.
   * Null if the group is not a region, but items with the same prediction.
   */
  size: number | null;
  /**
   * Whether the region may be a new class: items in other regions have labels, but no label shows
   * the class of most items in this region.
   */
  may_be_new: boolean;
}

/**
 * Answer of GET /api/sheet: items to review together.
 *
 * The groups of a sheet of the kind `overview` are regions of the map. On other sheets, the items
 * of a group have the same prediction, and are sorted by doubt, highest first.
 */
export interface Sheet {
  /** Queue that the items come from. */
  kind: "overview" | "suspects" | "uncertain" | "conflicts" | "double";
  /** Items of this sheet. */
  items: SheetItem[];
  /** Groups of the items, by number. */
  groups: SheetGroup[];
  /** Number of items in the whole queue. */
  total: number;
  /**
   * Expected number of items on this sheet whose label is wrong; null while a listed class has no
   * label. For an unlabelled item, the prediction counts instead of the label.
   */
  expected_wrong: number | null;
}

/** Answer of GET /api/next: the suggested next gesture. */
export interface Suggestion {
  /** Kind of the suggestion: a region to label, a sheet to review, or nothing. */
  kind: "region" | "overview" | "suspects" | "uncertain" | "done";
  /** Items of the region; empty for a sheet (GET /api/sheet returns its items). */
  items: number[];
  /** Class that the model predicts for most items of the region; -1 if no region is suggested. */
  class_id: number;
  /** Reason for the suggestion, as a sentence for a person. */
  reason: string;
  /** Expected number of items that the gesture corrects; null while a listed class has no label. */
  gain: number | null;
  /**
   * Seconds that a person probably needs for the gesture; null if no gesture is suggested. The
   * suggested gesture has the largest expected gain per second.
   */
  seconds: number | null;
  /**
   * Number of items of the suggested sheet, for the parameter `size` of GET /api/sheet; 0 if no
   * sheet is suggested.
   */
  size: number;
}

/** The estimated quality of the labels changed. Each message replaces the previous message. */
export interface QualityChanged {
  op: "quality";
  /** Newest estimate of the quality. */
  quality: Quality;
}

/**
 * Keep a region, a search, predictions or a list of items as a rule.
 *
 * The rule votes for its class on each item that it matches. The sequence number in the answer is
 * the number of the rule.
 */
export interface AddRule {
  op: "add_rule";
  items?: number[];
  selection?: number | null;
  query?: string;
  confidence?: number;
  /** Id of the command. */
  command_id: string;
  /** Kind of the rule. */
  kind?: "region" | "query" | "predictions" | "votes";
  /**
   * Class for which the rule votes. Only a rule of kind `votes` with a class per item may have
   * UNLABELED (-1).
   */
  class_id?: number;
  /** Class per item of `items`, for kind `votes`; empty if all items have `class_id`. */
  class_ids?: number[];
  /** Name of the rule. If it is empty, the server makes a name from the class. */
  name?: string;
  /**
   * Number of the rule whose items and radii the new rule copies; 0 for none. The fields that
   * choose items are then ignored.
   */
  copy_of?: number;
  /** Revision of the positions that the client showed. */
  revision?: number;
  /** How the items were chosen: tool, polygons and cameras. */
  provenance?: Provenance;
}

/**
 * Change a rule. Fields that are null or empty stay as they are.
 *
 * A client changes its own rules; the owner changes all. The place of the rule in time stays:
 * labels that people gave after the rule was added stay.
 */
export interface EditRule {
  op: "edit_rule";
  /** Id of the command. */
  command_id: string;
  /** Number of the rule. */
  rule: number;
  /** New name. */
  name?: string | null;
  /** New class. */
  class_id?: number | null;
  /** False: the rule does not vote. True: the rule votes again. */
  on?: boolean | null;
  /** New factor on the radii of a region: 1 reproduces the selection, 2 reaches twice as far. */
  reach?: number | null;
  /** New selected items of a region, or new items of a rule of kind `votes`. */
  items?: number[];
  /** Slot of the uploaded selection with the new items. */
  selection?: number | null;
  /** New text to search for. */
  query?: string | null;
  /** New smallest probability of the predicted class. */
  confidence?: number | null;
  /** Whether a rule of kind `query` or `predictions` searches its items again. */
  refresh?: boolean;
}

/**
 * Delete a rule, as one gesture. Everything that the rule did is removed: the labels below its
 * votes appear again.
 */
export interface DeleteRule {
  op: "delete_rule";
  /** Id of the command. */
  command_id: string;
  /** Number of the rule. */
  rule: number;
}

/**
 * Ask which items a rule would match, before it is kept or changed. The answer is
 * `rule_previewed`; nothing changes.
 */
export interface PreviewRule {
  op: "preview_rule";
  items?: number[];
  selection?: number | null;
  query?: string;
  confidence?: number;
  /** Id of the query. */
  command_id: string;
  /** Kind of the rule. */
  kind?: "region" | "query" | "predictions" | "votes";
  /** Class of a rule of kind `predictions`. */
  class_id?: number;
  /**
   * Number of an existing region, whose items are searched with another `reach`; 0 for a new
   * rule.
   */
  rule?: number;
  /** Factor on the radii of a region. */
  reach?: number;
}

/** Answer to `preview_rule`. */
export interface RulePreviewed {
  op: "rule_previewed";
  /** Id of the query. */
  command_id: string;
  /** Items that the rule would match, as base64 of a packed set (item_sets.py). */
  packed: string;
  /** Number of these items. */
  count: number;
  /** Number of selected items; 0 if no items were selected. */
  chosen: number;
  /** Number of selected items that the rule would match. */
  kept: number;
  /** Number of matched items whose label is of a locked class. The rule leaves them out. */
  locked: number;
  /**
   * Number of matched items whose label a person has verified. The rule votes on them, but does
   * not change their label.
   */
  verified: number;
  /** Name of the feature space of a region; empty for other kinds. */
  space: string;
}

/** A rule. */
export interface RuleInfo {
  /** Number of the rule: that of the event that added it. */
  rule: number;
  /** Kind of the rule. */
  kind: "region" | "query" | "predictions" | "votes";
  /** Name of the rule. */
  name: string;
  /**
   * Class for which the rule votes; UNLABELED (-1) if it has a class per item, or if its class
   * was deleted.
   */
  class_id: number;
  /** Id of the client that added the rule. */
  author: string;
  /** Time at which the rule was added, in seconds since the Unix epoch. */
  at: number;
  /** Whether the rule votes. */
  on: boolean;
  /** Number of items on which the rule votes, or would vote if it were on. */
  count: number;
  /** Number of items that the person selected; 0 for a rule without a selection. */
  chosen: number;
  /** Number of these items on which the rule votes. */
  kept: number;
  /** Factor on the radii of a region; 1 for other kinds. */
  reach: number;
  /** Text of a rule of kind `query`; else empty. */
  query: string;
  /** Smallest probability of a rule of kind `predictions`; else 0. */
  confidence: number;
  /** Name of the feature space of a region; else empty. */
  space: string;
  /** Whether the rule votes on items that are added later. */
  follows: boolean;
  /** Tool by which the items were selected. */
  tool: string;
  /**
   * Number of the event that last changed the items or the class of the rule. While it stays, the
   * answer of GET /api/rules/{rule}/items stays.
   */
  changed_at: number;
}

/** Rules changed. Each message replaces the previous one. */
export interface RulesChanged {
  op: "rules";
  /** All rules that are not deleted, in the order in which they were added. */
  rules: RuleInfo[];
}

/** Estimates of the label model for one rule. */
export interface RuleFigures {
  /** Number of the rule. */
  rule: number;
  /**
   * Number of items whose label comes from the rule. If votes are weighed together, an item
   * counts for each rule that votes for its label.
   */
  labelled: number;
  /** Number of items on which another source votes for another class. */
  conflicts: number;
  /** Number of items on which at least two other sources vote, or at which another looked. */
  compared: number;
  /** Estimated share of right votes; null while fewer than 20 items are compared. */
  accuracy: number | null;
  /** Lower end of the 90 % interval of the accuracy; null like `accuracy`. */
  low: number | null;
  /** Upper end of the 90 % interval of the accuracy; null like `accuracy`. */
  high: number | null;
}

/** Estimates of the label model for one person. */
export interface PersonFigures {
  /** The person: `owner`, the id of a device, or `import`. */
  person: string;
  /**
   * Whether these are the labels of items at which the person looked (`verified`). The labels of
   * items that a person selected together have figures of their own.
   */
  looked: boolean;
  /** Number of items that the person has labelled. */
  votes: number;
  /** Number of items on which another source votes for another class. */
  conflicts: number;
  /** Number of items on which at least two other sources vote, or at which another looked. */
  compared: number;
  /** Estimated share of right votes; null while fewer than 20 items are compared. */
  accuracy: number | null;
  /** Lower end of the 90 % interval of the accuracy; null like `accuracy`. */
  low: number | null;
  /** Upper end of the 90 % interval of the accuracy; null like `accuracy`. */
  high: number | null;
}

/** Answer of GET /api/rules. */
export interface Rules {
  /** Number of the event to which the figures belong. */
  sequence: number;
  /** All rules that are not deleted, in the order in which they were added. */
  rules: RuleInfo[];
  /** Estimates per rule, in the same order. */
  figures: RuleFigures[];
  /** Estimates per person who labelled items. */
  people: PersonFigures[];
  /**
   * Number of items of GET /api/rules/conflicts: sources vote for different classes, and nobody
   * has decided.
   */
  conflicts: number;
}

/** One source's vote on an item. */
export interface ItemVote {
  /** `rule`, or `person` for gestures of a person. */
  source: "rule" | "person";
  /** Number of the rule, or of the person's newest gesture that labels the item. */
  number: number;
  /** Name of the rule, or the person: `owner`, the id of a device, or `import`. */
  name: string;
  /** Class of the vote. */
  class_id: number;
  /** Whether the person looked at the item. A verified vote is never outvoted. */
  verified: boolean;
  /**
   * Factor by which the vote changes the odds of its class, by the label model: above 1 if it
   * speaks for the class. The larger, the more weight has the vote.
   */
  odds: number;
  /**
   * Whether the item has its label from this vote alone. False for all votes that were weighed
   * together.
   */
  decides: boolean;
}

/** Answer of GET /api/items/{item}/why: where the label of an item comes from. */
export interface Why {
  /** Number of the item. */
  item: number;
  /** Class of the label; -1 if the item is unlabelled. */
  class_id: number;
  /** Votes on the item, that with the most weight first. */
  votes: ItemVote[];
  /** Probability of each class with a vote, by the label model; empty without votes. */
  probabilities: Record<string, number>;
}

/** Answer of GET /api/session: all data that a page needs before it draws. */
export interface SessionInfo {
  /** Version of the protocol. */
  protocol: string;
  /** Version of the server. */
  version: string;
  /** Name of the data set. */
  dataset: string;
  /** Kind of the items. */
  item_kind: "image" | "vector" | "sound";
  /** Number of items. */
  n_items: number;
  /** Dimension of the latent space. */
  latent_dim: number;
  /** Id of the scene. When the id changes, the client has to fetch the whole scene. */
  scene_id: number;
  /** Revision of the newest positions. */
  revision: number;
  /** Number of the newest event in the label log. */
  sequence: number;
  /** Whether nothing can be changed: the scene is baked, or the project cannot be written. */
  read_only: boolean;
  /** Role of this client. */
  role: "owner" | "annotator" | "viewer";
  /** All classes, in the order of their ids. */
  classes: ClassInfo[];
  /** Layout of the atlas; null for items without pictures. */
  thumbnails: Thumbnails | null;
  /** State of the trainer. */
  training: Training;
  /** The newest gestures. */
  history: History;
  /** All pinned items, ascending; empty if `packed_pins` has them. */
  pins: number[];
  /** The named axes. */
  axes: NamedAxis[];
  /** Whether there is a recording that GET /api/recording can send. */
  has_recording: boolean;
  /** Quality of the labels; null before the first estimate. */
  quality: Quality | null;
  /** How the import read the data. Empty for a data set of an older version. */
  report: ReportLine[];
  /**
   * The pinned items as base64 of a packed set (item_sets.py), if there are more than
   * MAX_LISTED_NEWS; else empty.
   */
  packed_pins?: string;
  /** Whether the items are meshes or point clouds, which GET /api/items/{item}/shape sends. */
  shapes?: boolean;
  /** Whether similar items can be searched by an example file. */
  searches_files?: boolean;
  /** Whether similar items can be searched by words. */
  searches_words?: boolean;
  /** The rules that are not deleted. */
  rules?: RuleInfo[];
  /** Name of the column with the texts of the items; empty for items that are not texts. */
  text_column?: string;
  /**
   * Address of the tileset.json of a scene in tiles (docs/tiles.md), relative to the page; empty
   * for a scene without tiles.
   */
  tiles?: string;
}

/** Answer of GET /healthz. */
export interface Health {
  /** Always `ok`: the server runs. */
  status: "ok";
  /** State of the trainer. */
  trainer: "starting" | "running" | "paused" | "resting" | "restarting" | "failed" | "absent";
  /** Seconds since the start of the server. */
  uptime_seconds: number;
}

/**
 * First message of a client: the client's id, and the scene and revision that the client shows.
 *
 * The server answers `welcome`. A client with an older revision then receives either one delta to
 * the newest revision, or `resync`.
 */
export interface Hello {
  op: "hello";
  /**
   * Id that the page made. A page that reconnects keeps its id, so that it can undo its own
   * gestures.
   */
  client_id: string;
  /** Id of the scene that the client shows (from the GLB's extras). */
  scene_id: number;
  /** Revision of the positions that the client shows. */
  revision: number;
  /** Number of the newest event of the label log that the client has received. */
  sequence: number;
  /** Name of this client, which other people see. */
  name?: string;
}

/** Answer to `hello`: the session without the positions, which follow as deltas. */
export interface Welcome {
  op: "welcome";
  /** The session. */
  session: SessionInfo;
}

/**
 * The client needs a new scene, because the server cannot send a delta to the newest positions.
 *
 * There are three possible causes: the server runs another session, the box or the dimension of
 * the scene changed, or the server no longer stores the client's revision. The client fetches
 * /api/scene.glb again and sends `hello` again.
 */
export interface Resync {
  op: "resync";
  /** Id of the new scene. */
  scene_id: number;
  /** Reason for this message, as text for logs. */
  reason: string;
}

/**
 * A client asks whether its stream still works, for example after a headset slept.
 *
 * The server answers `pong`.
 */
export interface Ping {
  op: "ping";
}

/** Answer to `ping`. Several pings in a row may have one answer. */
export interface Pong {
  op: "pong";
}

/** Body of POST /api/similar: some items, or words. */
export interface Similar {
  /** Items whose like are searched; empty if there are words. */
  items?: number[];
  /**
   * Words that describe the items; empty if there are items. `searches_words` of the session
   * states whether the items can be searched by words.
   */
  words?: string;
  /** Number of items to find. */
  count?: number;
}

/** Answer of POST /api/similar and POST /api/similar/file, nearest items first. */
export interface SimilarItems {
  /** The found items. Items of the request are not among them. */
  items: number[];
  /** Distance of each found item to the nearest example, in the space that was searched. */
  distances: number[];
  /** Name of the space that was searched, for people. */
  space: string;
  /**
   * Number of examples that were compared with all items. If the request has very many items,
   * some of them stand for all.
   */
  examples: number;
}

/** Layout of the atlas pages of all tiles. */
export interface TilePictures {
  /** Width of a page, and largest height, in pixels. */
  page_size: number;
  /** Number of cells per row. */
  columns: number;
  /** Largest number of cells of a page. */
  per_page: number;
  /** Width and height of a cell, in pixels. */
  cell: number;
  /** Width and height of the picture in the centre of each cell, in pixels. */
  picture: number;
  /**
   * 3 for colour pictures. 1 for grey pictures, which the client draws in the colours of the
   * classes.
   */
  channels: 1 | 3;
}

/** Metadata of a scene in tiles: `extras.lodespace` of tileset.json. */
export interface TilesInfo {
  /** Version of the form of the files. */
  format: number;
  /** Name of the data set. */
  dataset: string;
  /** Number of items. */
  items: number;
  /** Number of tiles. */
  tiles: number;
  /** Number of levels of the tree. */
  levels: number;
  /** Number of items of a tile with children. */
  tile_points: number;
  /** Number of latent dimensions. */
  latent_dim: 2 | 3;
  /** Corner of the box with the smallest coordinates, in latent units. */
  origin: [number, number, number];
  /** Edge length of the box, in latent units. */
  size: number;
  /** Smallest grid position of the items, per axis. */
  low: [number, number, number];
  /** Largest grid position of the items, per axis. */
  high: [number, number, number];
  /** Root mean square distance of the items from their mean, in latent units. */
  spread: number;
  /** All classes, in the order of their ids. */
  classes: ClassInfo[];
  /** Whether the tiles have predictions. */
  predictions: boolean;
  /** Layout of the atlas pages; null for items without pictures. */
  pictures: TilePictures | null;
  /** Whether each tile has a file with the ids and columns of its items. */
  item_files: boolean;
  /** Seed of the random priorities. */
  seed: number;
  /** Class of an item without a label. */
  unlabelled?: number;
}

/** Metadata of a tile: `extras` of a tile in tileset.json. */
export interface TileExtras {
  /** Number of the tile, in preorder. */
  tile: number;
  /** Level of the tile's cell. The cell's edge is the edge of the box, divided by 2**level. */
  level: number;
  /** Number of the first item of the tile. */
  first: number;
  /** Number of items of the tile. */
  count: number;
  /** Number after the last item of the tile and of all tiles below it. */
  end: number;
  /** Smallest grid position of the items of the tile and of all tiles below it, per axis. */
  low: [number, number, number];
  /** Largest grid position of the items of the tile and of all tiles below it, per axis. */
  high: [number, number, number];
}

/** Answer to a query for items of a scene in tiles. The server keeps the items. */
export interface Selected {
  op: "selected";
  /** Name of the selection, for `label_selected`. The server keeps the newest selections. */
  handle: string;
  /** Number of selected items. */
  count: number;
  /** At most SELECTED_ITEMS of the selected items, ascending, for a preview. */
  items: number[];
  /** Number of the newest event in the label log. */
  sequence: number;
}

/** Label the items of a selection with one class, as one gesture. */
export interface LabelSelected {
  op: "label_selected";
  /** Id of the command. */
  command_id: string;
  /** Name of the selection. */
  handle: string;
  /** Class that the items get; UNLABELED (-1) removes their labels. */
  class_id: number;
  /** How the items were chosen. */
  provenance: Provenance;
}

/** Tiles whose labels changed, and what else changed with them. */
export interface TileChanges {
  /** Number of the newest event in the label log. */
  sequence: number;
  /** Numbers of the tiles with a changed label, ascending. */
  tiles: number[];
  /** The newest gestures; null if there is no new event. */
  history?: History | null;
  /** All classes; null if they did not change. */
  classes?: ClassInfo[] | null;
  /**
   * Devices that request or have access; null if they did not change, or for other clients than
   * the owner.
   */
  access?: Access | null;
  /** Version of `access`, for the next request. */
  access_version?: number;
}

/** Settings that can change during training. In a request, an absent field means no change. */
export interface Settings {
  /** Named set of defaults for the other fields. */
  preset?: "default" | "calm" | "paper" | "figure2" | null;
  /** Dimension of the latent space. */
  latent_dim?: 2 | 3 | null;
  /** Number of hidden layers of the classifier head; 0 for logistic regression. */
  hidden_layers?: number | null;
  /**
   * Learning rate of the first training.
   *
   * The rate after gestures is a fixed share of this rate.
   */
  learning_rate?: number | null;
  /** Weight of the KL term. */
  beta_kl?: number | null;
  /** Weight of the classification term. */
  beta_classifier?: number | null;
  /** Weight of the neighbour term, the attraction and repulsion by the neighbour graph. */
  beta_neighbour?: number | null;
  /** Weight of the anchor term, which pulls dragged and pinned items to their targets. */
  beta_anchor?: number | null;
  /** Weight of the encoder term, which pulls the encoder's means to the items' latent means. */
  beta_encoder?: number | null;
  /** Weight of the axis term, which pulls items along a named axis to their value. */
  beta_axis?: number | null;
  /** Resistance of unlabelled items to motion, 0..1. */
  stiffness?: number | null;
  /**
   * Further hyperparameters by name, for example `pace` or `batch_size` (docs/training.md).
   *
   * A request may change those that can change during training; the others are fixed when training
   * starts.
   */
  more?: Record<string, boolean | number | string | number[] | null> | null;
}

/** One sample of the training curves. The server sends about two samples per second. */
export interface Losses {
  /** Training step at which these values were measured. */
  step: number;
  /** Number of passes over the data. */
  epoch: number;
  /**
   * Value of each loss term before weighting, and the weighted sum `total`, in nats
   * (models/vae/losses.py).
   */
  terms: Record<string, number>;
  /**
   * `label_accuracy`: accuracy of the classifier on held-out labelled items, 0..1; `held_out`:
   * number of these items; `head_accuracy`: accuracy of the paper's classifier head on the same
   * items. All three are absent while there are too few of these items, or a class has no label.
   */
  metrics: Record<string, number>;
  /** KL divergence per latent dimension, in nats. */
  kl_per_dimension: number[];
}

/** State of the trainer. */
export interface Training {
  /** State of the trainer process. */
  state: "starting" | "running" | "paused" | "resting" | "restarting" | "failed" | "absent";
  /** Phase of training. */
  phase: "layout" | "features" | "pretraining" | "interactive" | "resting";
  /** Progress of the first training, 0..1; 1 afterwards. */
  progress: number;
  /** Number of training steps so far. */
  step: number;
  /** Number of frames that the trainer publishes per second. */
  frames_per_second: number;
  /** Current settings, with all fields filled. */
  settings: Settings;
  /** A sentence for a person; empty when there is nothing to say. */
  message?: string;
}

/**
 * Run or pause training, or change settings. The trainer reacts within one batch.
 *
 * A change of settings is an event of the label log, so it can be undone.
 */
export interface SetTraining {
  op: "set_training";
  /** Id of the command. */
  command_id: string;
  /** Whether training runs (true) or is paused (false); null for no change. */
  run?: boolean | null;
  /** Settings to change. */
  settings?: Settings | null;
}

/** State or progress of the trainer changed. Each message replaces the previous message. */
export interface TrainingChanged {
  op: "training";
  /** The newest state. */
  training: Training;
}

/**
 * The newest value of each training curve. If an older message is not sent yet, the newer
 * message replaces it.
 */
export interface LossesMeasured {
  op: "losses";
  /** The newest sample of the training curves. */
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
  | SetAxis
  | RemoveAxis
  | AddRule
  | EditRule
  | DeleteRule
  | PreviewRule
  | Watch
  | Probe
  | Decode
  | SetPriority
  | Presence
  | ShowSelection
  | Resolve
  | Ping;

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
  | AxesChanged
  | RulesChanged
  | TrainingChanged
  | LossesMeasured
  | QualityChanged
  | Notice
  | PeerMoved
  | PeerSelected
  | AccessChanged
  | Probed
  | Decoded
  | Resolved
  | RulePreviewed
  | Pong;
