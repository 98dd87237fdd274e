"""The session as a whole, and the greeting on its stream."""

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
    quality: Quality | None
    """null before the first estimate."""


class Health(Message):
    """Answer of GET /healthz."""

    status: Literal["ok"]
    trainer: TrainerState
    uptime_seconds: float


class Hello(Operation, tag="hello"):
    """First message of a client: which scene and revision it shows (from the GLB's extras), and who it is.

    The server goes on from there with a merged delta, or answers `resync` when it cannot.
    `client_id` is made by the page and kept over reconnects: undo takes back one's own gestures.
    """

    role: ClassVar[Role] = "viewer"

    client_id: CommandId
    scene_id: Counter
    revision: Counter
    sequence: Counter
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""


class Welcome(Operation, tag="welcome"):
    """Answer to hello: the state of everything but positions; deltas follow."""

    session: SessionInfo


class Resync(Operation, tag="resync"):
    """The scene changed in a way deltas cannot tell (new box, dimension or session).

    The client fetches /api/scene.glb again and says hello again.
    """

    scene_id: int
    reason: str
