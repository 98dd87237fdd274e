"""The session as a whole, and the first messages of its stream."""

from typing import Annotated, ClassVar, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.classes import ClassInfo
from lodespace.protocol.history import History
from lodespace.protocol.items import Thumbnails
from lodespace.protocol.review import Quality
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
    """Id of the scene; a new scene has to be fetched as a whole."""
    revision: int
    """Revision of the newest positions."""
    sequence: int
    """Number of the newest event in the label log."""
    read_only: bool
    """Whether the scene is baked: nothing can be changed."""
    role: Role
    """Role of this client."""
    classes: list[ClassInfo]
    """All classes, by number."""
    thumbnails: Thumbnails | None
    """The atlas; null for items without pictures."""
    training: Training
    """State of the trainer."""
    history: History
    """The newest gestures."""
    pins: list[int]
    """All pinned items, ascending."""
    has_recording: bool
    """Whether GET /api/recording has a file to send."""
    quality: Quality | None
    """Quality of the labels; null before the first estimate."""


class Health(Message):
    """Answer of GET /healthz."""

    status: Literal["ok"]
    """Always `ok`: the server runs."""
    trainer: TrainerState
    """State of the trainer."""
    uptime_seconds: float
    """Seconds since the start of the server."""


class Hello(Operation, tag="hello"):
    """First message of a client: its id, and the scene and revision that the client shows.

    The server continues from there with a merged delta, or answers `resync`.
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
    """Number of the newest event that the client has received."""
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name that other people see."""


class Welcome(Operation, tag="welcome"):
    """Answer to `hello`: the session without its positions. Deltas follow."""

    session: SessionInfo
    """The session."""


class Resync(Operation, tag="resync"):
    """The scene changed in a way that deltas cannot express: a new box, dimension or session.

    The client fetches /api/scene.glb again and sends `hello` again.
    """

    scene_id: int
    """Id of the new scene."""
    reason: str
    """The reason, for logs."""
