"""The protocol: every JSON body and WebSocket operation, defined once.

`python -m lodespace.protocol_ts` writes webxr_client/src/protocol/messages.ts from this file, and docs/protocol.md is
the page for people. Text frames of the stream are JSON objects told apart by `op`; binary frames are in frames.py.

Items are numbers 0..N-1 in the order of the data set, classes are numbers 0..C-1 in the order they were made;
UNLABELED (-1) stands for "no class". Times are seconds since the Unix epoch, UTC.
"""

from typing import Annotated, Literal

import msgspec

PROTOCOL_VERSION = "lodespace.v1"
"""Name of the WebSocket subprotocol. A client of another version is refused with close code 1002 and a reason."""

UNLABELED = -1
MAX_MESSAGE_BYTES = 1 << 20
"""Largest text frame or JSON body accepted: a label command on 100,000 items takes about 0.6 MB."""
MAX_CLASSES = 1024
MAX_ANCHORED = 20_000
"""Items that can be dragged at once."""
MAX_NAME_LENGTH = 80
MAX_SEARCH_LENGTH = 200

FORCE_TERMS = ("kl", "classification", "neighbour", "anchor")
"""Terms of the loss whose forces on all items can go with every frame, in the order of a forces frame."""
MAX_PROBED = 256
MAX_DECODED = 64

CommandId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""Made by the client, one a command: the same id sent again has no second effect and gets the same answer."""
ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]
Item = Annotated[int, msgspec.Meta(ge=0, le=0x7FFFFFFF)]
ClassId = Annotated[int, msgspec.Meta(ge=UNLABELED, lt=MAX_CLASSES)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Counter = Annotated[int, msgspec.Meta(ge=-1, le=(1 << 53) - 1)]
"""A revision, sequence number or scene id; -1: none yet. JavaScript counts no further without gaps."""
CellSize = Annotated[float, msgspec.Meta(ge=1e-6, le=2)]

TrainerState = Literal["starting", "running", "paused", "resting", "restarting", "failed", "absent"]
"""`absent`: a read-only scene has no trainer. `resting`: nothing left to learn until something changes."""
Phase = Literal["layout", "features", "pretraining", "interactive", "resting"]
Tool = Literal["lasso", "rectangle", "pick", "sheet", "brush", "cluster", "api"]
"""`brush`: painted with a sphere in VR; `cluster`: grown from the brush over the dense region round it."""
SelectionMode = Literal["through", "visible"]
Role = Literal["owner", "annotator", "viewer"]
"""`viewer` looks, `annotator` labels too, `owner` also says who may come in. Each may what the one before it may."""
Coordinate = Annotated[float, msgspec.Meta(ge=-1e4, le=1e4)]
Vector = tuple[Coordinate, Coordinate, Coordinate]
Quaternion = tuple[Coordinate, Coordinate, Coordinate, Coordinate]


class Message(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """Base of all JSON bodies: unknown fields are refused, so that a misspelt one is not lost in silence."""


# Parts -------------------------------------------------------------------------------------------------------------


class ClassInfo(Message):
    """A class. `class_id` is its number for good; name and colour can be changed. `locked`: no gesture gives or takes its labels.

    `removed`: it was deleted, merged into another, or its making taken back; no item has it, and it may come back by an undo.
    """

    class_id: int
    name: ClassName
    colour: Colour
    locked: bool = False
    removed: bool = False


class Region(Message):
    """A region drawn on the screen, enough to find its items again (selection.py has the rule).

    `polygon`: flat [x0, y0, x1, y1, ...] in normalised device coordinates (-1..1, y up), closed by itself; inside is
    where the winding number is not zero.
    `clip_from_latent`: 16 numbers, column-major: latent means of the scene to clip space, as the camera was.
    `mode`: "through" takes every item inside; "visible" only those that no nearer item covers.
    `cell`: size of a point on screen, in normalised device coordinates (x, y): what one item covers in mode "visible".
    """

    polygon: Annotated[list[float], msgspec.Meta(min_length=6, max_length=20000)]
    clip_from_latent: Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)]
    mode: SelectionMode = "through"
    cell: tuple[CellSize, CellSize] = (0.01, 0.01)

    def __post_init__(self) -> None:
        if len(self.polygon) % 2:
            raise ValueError("a polygon is pairs of numbers, x and y")


class Provenance(Message):
    """How the items of a gesture were chosen; kept with the label for good."""

    tool: Tool
    regions: list[Region] = []
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Settings(Message):
    """What can be set while training runs. In a request, absent fields stay as they are."""

    preset: Literal["paper", "default", "calm"] | None = None
    latent_dim: Literal[2, 3] | None = None
    hidden_layers: Annotated[int, msgspec.Meta(ge=0, le=4)] | None = None
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    beta_kl: Weight | None = None
    beta_classifier: Weight | None = None
    beta_neighbour: Weight | None = None
    beta_anchor: Weight | None = None
    beta_encoder: Weight | None = None
    stiffness: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class Gesture(Message):
    """One user action, one undo step, one tick on the timeline: `count` items were labelled, or dragged ("anchor"), or their pins
    taken away ("unpin"), or settings or classes changed ("settings", "class"), as `note` says."""

    gesture: int
    kind: Literal["label", "settings", "anchor", "unpin", "class"]
    class_id: int
    count: int
    by: str
    at: float
    revision: int
    undone: bool
    note: str


class History(Message):
    """The newest gestures (at most 200), oldest first, and what undo and redo would do for this client."""

    gestures: list[Gesture]
    can_undo: bool
    can_redo: bool


class Pose(Message):
    """Where something is and how it is turned, in the scene's metres (the box is a cube of 1 m about the origin; quaternion x, y, z, w)."""

    position: Vector
    orientation: Quaternion


class WaitingDevice(Message):
    """A device that asks to be let in. `code`: the four characters it shows, so that the right one is allowed. `since`: when it asked."""

    request: str
    code: str
    name: str
    address: str
    since: float


class Device(Message):
    """A device that was let in. `connected`: how many streams it has open now."""

    device: str
    name: str
    role: Role
    address: str
    allowed_at: float
    seen_at: float
    connected: int


class Access(Message):
    """Answer of GET /api/access: who may come in, for the owner.

    `addresses`: where other devices reach this server, the likeliest first; empty without `--lan`.
    `fingerprint`: SHA-256 of the certificate.
    """

    addresses: list[str]
    fingerprint: str
    waiting: list[WaitingDevice]
    devices: list[Device]


class AccessRequest(Message):
    """Body of POST /api/access/request: a device asks to be let in. `name`: what its owner calls it; else its browser is named."""

    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""


class AccessRequested(Message):
    """Show `code` to the person and ask with `secret` what the owner said."""

    secret: str
    code: str
    expires_in: float


class AccessPoll(Message):
    """Body of POST /api/access/poll."""

    secret: Annotated[str, msgspec.Meta(min_length=16, max_length=100)]


class AccessAnswer(Message):
    """What became of a request. With `allowed` comes the cookie."""

    state: Literal["waiting", "allowed", "denied", "expired"]
    role: Role | None = None


class Pair(Message):
    """Body of POST /api/access/pair: a pairing code, as it was read."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Decide(Message):
    """Body of POST /api/access/decide: let the waiting device in as `role`; none: deny it."""

    request: str
    role: Literal["annotator", "viewer"] | None = None


class MakeCode(Message):
    """Body of POST /api/access/code."""

    role: Literal["annotator", "viewer"]


class PairingCode(Message):
    """A code that lets one device in, once, for `expires_in` seconds. The one before it ends."""

    code: str
    role: Role
    expires_in: float


class Revoke(Message):
    """Body of POST /api/access/revoke: the device is shut out, its streams end."""

    device: str


class Losses(Message):
    """One sample of the training curves, about twice a second.

    `terms` are the loss terms as models/losses.py reports them, each apart and unweighted, and `total`, weighted.
    `metrics`: "label_accuracy" (0..1) is the classifier's on labelled items it was not trained on, once there are
    enough of them.
    """

    step: int
    epoch: float
    terms: dict[str, float]
    metrics: dict[str, float]
    kl_per_dimension: list[float]


class Training(Message):
    """State of the trainer. `progress` (0..1) is that of the first training, 1 afterwards."""

    state: TrainerState
    phase: Phase
    progress: float
    step: int
    frames_per_second: float
    settings: Settings
    message: str = ""


class Thumbnails(Message):
    """The atlas: `pages` square PNG pages of `columns` x `columns` cells of `cell` pixels, items in order, row by row.

    Each picture is `picture` pixels wide and high inside its cell, centred. `channels` 1: grey, brightness is ink.
    """

    pages: int
    page_size: int
    columns: int
    cell: int
    picture: int
    channels: Literal[1, 3]


class SessionInfo(Message):
    """Answer of GET /api/session: all a page needs before it draws."""

    protocol: str
    version: str
    dataset: str
    item_kind: Literal["image", "vector", "sound"]
    n_items: int
    latent_dim: int
    scene_id: int
    revision: int
    sequence: int
    read_only: bool
    role: Role
    classes: list[ClassInfo]
    thumbnails: Thumbnails | None
    training: Training
    history: History
    pins: list[int]
    has_recording: bool


class Column(Message):
    """A value that came with an item, as text; lists and structures as JSON."""

    name: str
    value: str


class Found(Message):
    """Answer of GET /api/search: the items whose id, path or columns hold the text; ascending."""

    items: list[int]


class ItemInfo(Message):
    """Answer of GET /api/items/{i}/info. `labelled_by`... are of the newest label; empty or -1 where there is none.

    `path`: its file below the folder the data came from, "" for none. `start`, `end`: seconds of the recording, of a sound.
    """

    item: int
    id: str
    class_id: int
    gesture: int
    labelled_by: str
    labelled_at: float
    prediction: int
    confidence: float
    path: str
    columns: list[Column]
    start: float | None = None
    end: float | None = None


class Tick(Message):
    """A gesture on the timeline: made, undone or redone after moment `moment`."""

    moment: int
    event: Literal["made", "undone", "redone"]
    gesture: Gesture


class Keyframes(Message):
    """Where the recording holds whole scenes: which moment, when (seconds since it began), and the byte where the record begins."""

    moment: list[int]
    time: list[float]
    offset: list[int]


class Curves(Message):
    """Samples of the training curves: `values` of each loss term and metric at `moment`, null where it was not measured."""

    moment: list[int]
    values: dict[str, list[float | None]]


class Timeline(Message):
    """Answer of GET /api/timeline: what the recording holds. A moment is one recorded frame of positions, counted from 0.

    To show one, read /api/recording from the last keyframe at or before it (a Range request) up to the next one, or to `end`.
    """

    moments: int
    end: int
    keyframes: Keyframes
    ticks: list[Tick]
    curves: Curves


class ErrorBody(Message):
    """Body of every HTTP answer with a status of 400 or more."""

    code: str
    message: str


class Health(Message):
    """Answer of GET /healthz."""

    status: Literal["ok"]
    trainer: TrainerState
    uptime_seconds: float


# From client to server ---------------------------------------------------------------------------------------------


class Operation(Message, tag_field="op"):
    """Base of everything that goes over the stream as text."""


class Hello(Operation, tag="hello"):
    """First message of a client: which scene and revision it shows (from the GLB's extras), and who it is.

    The server goes on from there with a merged delta, or answers `resync` when it cannot.
    `client_id` is made by the page and kept over reconnects: undo takes back one's own gestures.
    """

    client_id: CommandId
    scene_id: Counter
    revision: Counter
    sequence: Counter
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""


class Label(Operation, tag="label"):
    """Give `items` the class `class_id` (UNLABELED takes labels away), as one gesture. `revision` is what was seen."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=1_000_000)]
    class_id: ClassId
    revision: Counter
    provenance: Provenance


class Undo(Operation, tag="undo"):
    """Take back this client's newest gesture that still stands: labels, settings or pins, and with them the model and the layout of the
    moment before it. Where somebody else has gone on since, labels, settings and pins alone; the answer's `message` says so."""

    command_id: CommandId


class Redo(Operation, tag="redo"):
    """Bring back this client's gesture that was undone last."""

    command_id: CommandId


class AddClass(Operation, tag="add_class"):
    """Make a class. Without `colour` the next of the palette is taken."""

    command_id: CommandId
    name: ClassName
    colour: Colour | None = None


class EditClass(Operation, tag="edit_class"):
    """Rename, recolour, lock or unlock a class; absent fields stay."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    name: ClassName | None = None
    colour: Colour | None = None
    locked: bool | None = None


class MergeClass(Operation, tag="merge_class"):
    """Make a class part of another: its items count as `into`'s from now on."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    into: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]


class DeleteClass(Operation, tag="delete_class"):
    """Take a class away, and with it the labels of its items."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]


class SetTraining(Operation, tag="set_training"):
    """Run, pause, or change settings. Taken by the trainer within one batch. A change of settings is a gesture, and can be undone."""

    command_id: CommandId
    run: bool | None = None
    settings: Settings | None = None


class Drag(Operation, tag="drag"):
    """Items are in somebody's hand: pull them to `targets`, one an item, in latent units, for as long as it lasts. No answer; the newest
    of a client counts. Without items: let go, and nothing happened. `anchor` ends it as a gesture."""

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]


class Anchor(Operation, tag="anchor"):
    """Items were dragged to `targets`, as one gesture. `keep`: they stay pinned there; otherwise they are let go."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_ANCHORED)]
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    keep: bool
    revision: Counter


class Unpin(Operation, tag="unpin"):
    """Take the pins of `items` away, as one gesture; of all, when there are none."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]


class Watch(Operation, tag="watch"):
    """Whether this client wants a forces frame with every frame of positions. No answer."""

    forces: bool


class Probe(Operation, tag="probe"):
    """Ask how the model sees `items`: forces, reconstruction, sigma."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_PROBED)]


class Decode(Operation, tag="decode"):
    """Ask what lies at points of the latent space, in latent units. A client's newer question takes the place of one that still waits."""

    command_id: CommandId
    points: Annotated[list[Vector], msgspec.Meta(min_length=1, max_length=MAX_DECODED)]


class SetPriority(Operation, tag="set_priority"):
    """Items the person looks at: on large data sets these move first. No answer; the newest of a client counts."""

    items: Annotated[list[Item], msgspec.Meta(max_length=20_000)]


class Presence(Operation, tag="presence"):
    """Where this client's head and hands are, for the others to see; no answer, the newest counts. Without `head`: in VR no more.

    `scale`: scene metres a metre of the room is, so that a head is drawn as large as it is.
    """

    head: Pose | None = None
    left: Pose | None = None
    right: Pose | None = None
    scale: Annotated[float, msgspec.Meta(gt=0, le=1e4)] = 1.0


class Resolve(Operation, tag="resolve"):
    """Ask which items lie in `regions` (each one added to the ones before), at the positions this client has."""

    command_id: CommandId
    regions: Annotated[list[Region], msgspec.Meta(min_length=1, max_length=64)]


ClientOperation = (
    Hello
    | Label
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
    | Resolve
)


# From server to client ---------------------------------------------------------------------------------------------


class Welcome(Operation, tag="welcome"):
    """Answer to hello: the state of everything but positions; deltas follow."""

    session: SessionInfo


class Resync(Operation, tag="resync"):
    """The scene changed in a way deltas cannot tell (new box, dimension or session).

    The client fetches /api/scene.glb again and says hello again.
    """

    scene_id: int
    reason: str


class Ack(Operation, tag="ack"):
    """A command took effect; a label is on disk.

    `sequence` is the event's number in the log, `count` how many items changed.
    """

    command_id: str
    sequence: int
    count: int
    class_id: int = UNLABELED
    """The class an `add_class` made, or the one a gesture gave."""
    message: str = ""
    """What a person should know of how it went."""


class Refused(Operation, tag="refused"):
    """A command, or with an empty `command_id` a frame, was not carried out; nothing changed."""

    command_id: str
    code: str
    message: str


class Labels(Operation, tag="labels"):
    """Labels changed: `items[k]` now has class `class_ids[k]`.

    Sent to every client, in the order of `sequence`, never dropped.
    """

    sequence: int
    gesture: int
    by: str
    items: list[int]
    class_ids: list[int]


class Classes(Operation, tag="classes"):
    """The classes, all of them, after one was made or edited."""

    sequence: int
    classes: list[ClassInfo]


class HistoryChanged(Operation, tag="history"):
    """The gestures after one was made, undone or redone."""

    history: History


class GestureTold(Operation, tag="gesture"):
    """A gesture was made, undone or redone. In recordings only: clients are told the whole history."""

    event: Literal["made", "undone", "redone"]
    gesture: Gesture


class PinsChanged(Operation, tag="pins"):
    """The items that are pinned, all of them, ascending."""

    items: list[int]


class TrainingChanged(Operation, tag="training"):
    """The trainer's state or progress changed."""

    training: Training


class LossesMeasured(Operation, tag="losses"):
    """A new sample of the training curves; newest wins."""

    losses: Losses


class Notice(Operation, tag="notice"):
    """Something a person should read, with what to do. `code` "" clears the notices of `topic`."""

    topic: Literal["collapse", "trainer", "disk", "undo"]
    code: str
    message: str
    mend: Settings | None = None
    """Settings that would mend it: an offer, one click."""


class PeerMoved(Operation, tag="peer"):
    """Where another client's head and hands are. Without `head` it has left VR, or is gone."""

    client_id: str
    name: str
    head: Pose | None = None
    left: Pose | None = None
    right: Pose | None = None
    scale: float = 1.0


class AccessChanged(Operation, tag="access"):
    """Who waits and who is let in, for owners."""

    access: Access


class Probed(Operation, tag="probed"):
    """Answer to probe. `forces`: of each term flat [x, y, z, ...] (two numbers an item in 2D), minus the gradient of the weighted term at
    the item's latent mean, in nats per latent unit. `pictures`: the reconstructions as base64 of uint8 (K, `height`, `width`, `channels`);
    "" for vectors. `error`: reconstruction loss of each, nats. `sigma`: standard deviation of q(Z given X) along each axis, flat."""

    command_id: str
    step: int
    items: list[int]
    forces: dict[str, list[float]]
    pictures: str
    width: int
    height: int
    channels: int
    error: list[float]
    sigma: list[float]


class Decoded(Operation, tag="decoded"):
    """Answer to decode: `pictures` as base64 of uint8 (K, `height`, `width`, `channels`)."""

    command_id: str
    pictures: str
    width: int
    height: int
    channels: int


class Resolved(Operation, tag="resolved"):
    """Answer to resolve: the items, ascending, at `revision`."""

    command_id: str
    items: list[int]
    revision: int


ServerOperation = (
    Welcome
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
    | Notice
    | PeerMoved
    | AccessChanged
    | Probed
    | Decoded
    | Resolved
)

decode_client_operation = msgspec.json.Decoder(ClientOperation).decode
decode_server_operation = msgspec.json.Decoder(ServerOperation).decode
encode_operation = msgspec.json.Encoder().encode
