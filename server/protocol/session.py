"""The session as a whole, and the first messages of a stream."""

from typing import Annotated, ClassVar, Literal

import msgspec

from lodespace.protocol.axes import NamedAxis
from lodespace.protocol.base import Message, Operation
from lodespace.protocol.classes import ClassInfo
from lodespace.protocol.history import History
from lodespace.protocol.import_report import ReportLine
from lodespace.protocol.items import Thumbnails
from lodespace.protocol.review import Quality
from lodespace.protocol.rules import RuleInfo
from lodespace.protocol.training import Training
from lodespace.protocol.values import MAX_NAME_LENGTH, CommandId, Counter, Role, TrainerState


class SessionInfo(Message):
    """Answer of GET /api/session: all data that a page needs before it draws."""

    protocol: str
    """Version of the protocol."""
    version: str
    """Version of the server."""
    dataset: str
    """Name of the data set."""
    item_kind: Literal["image", "vector", "sound"]
    """Kind of the items."""
    n_items: int
    """Number of items."""
    latent_dim: int
    """Dimension of the latent space."""
    scene_id: int
    """Id of the scene. When the id changes, the client has to fetch the whole scene."""
    revision: int
    """Revision of the newest positions."""
    sequence: int
    """Number of the newest event in the label log."""
    read_only: bool
    """Whether nothing can be changed: the scene is baked, or the project cannot be written."""
    role: Role
    """Role of this client."""
    classes: list[ClassInfo]
    """All classes, in the order of their ids."""
    thumbnails: Thumbnails | None
    """Layout of the atlas; null for items without pictures."""
    training: Training
    """State of the trainer."""
    history: History
    """The newest gestures."""
    pins: list[int]
    """All pinned items, ascending; empty if `packed_pins` has them."""
    axes: list[NamedAxis]
    """The named axes."""
    has_recording: bool
    """Whether there is a recording that GET /api/recording can send."""
    quality: Quality | None
    """Quality of the labels; null before the first estimate."""
    report: list[ReportLine]
    """How the import read the data. Empty for a data set of an older version."""
    packed_pins: str = ""
    """The pinned items as base64 of a packed set (item_sets.py), if there are more than
    MAX_LISTED_NEWS; else empty."""
    shapes: bool = False
    """Whether the items are meshes or point clouds, which GET /api/items/{item}/shape sends."""
    searches_files: bool = False
    """Whether similar items can be searched by an example file."""
    searches_words: bool = False
    """Whether similar items can be searched by words."""
    rules: list[RuleInfo] = msgspec.field(default_factory=list[RuleInfo])
    """The rules that are not deleted."""
    text_column: str = ""
    """Name of the column with the texts of the items; empty for items that are not texts."""
    tiles: str = ""
    """Address of the tileset.json of a scene in tiles (docs/tiles.md), relative to the page; empty
    for a scene without tiles."""


class Health(Message):
    """Answer of GET /healthz."""

    status: Literal["ok"]
    """Always `ok`: the server runs."""
    trainer: TrainerState
    """State of the trainer."""
    uptime_seconds: float
    """Seconds since the start of the server."""


class Hello(Operation, tag="hello"):
    """First message of a client: the client's id, and the scene and revision that the client shows.

    The server answers `welcome`. A client with an older revision then receives either one delta to
    the newest revision, or `resync`.
    """

    role: ClassVar[Role] = "viewer"

    client_id: CommandId
    """Id that the page made. A page that reconnects keeps its id, so that it can undo its own
    gestures."""
    scene_id: Counter
    """Id of the scene that the client shows (from the GLB's extras)."""
    revision: Counter
    """Revision of the positions that the client shows."""
    sequence: Counter
    """Number of the newest event of the label log that the client has received."""
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name of this client, which other people see."""


class Welcome(Operation, tag="welcome"):
    """Answer to `hello`: the session without the positions, which follow as deltas."""

    session: SessionInfo
    """The session."""


class Resync(Operation, tag="resync"):
    """The client needs a new scene, because the server cannot send a delta to the newest positions.

    There are three possible causes: the server runs another session, the box or the dimension of
    the scene changed, or the server no longer stores the client's revision. The client fetches
    /api/scene.glb again and sends `hello` again.
    """

    scene_id: int
    """Id of the new scene."""
    reason: str
    """Reason for this message, as text for logs."""


class Ping(Operation, tag="ping"):
    """A client asks whether its stream still works, for example after a headset slept.

    The server answers `pong`.
    """

    role: ClassVar[Role] = "viewer"


class Pong(Operation, tag="pong"):
    """Answer to `ping`. Several pings in a row may have one answer."""
