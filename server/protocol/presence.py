"""Where people's heads and hands are."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import Quaternion, Role, Vector


class Pose(Message):
    """Where something is and how it is turned, in the scene's metres (the box is a cube of 1 m about the origin; quaternion x, y, z, w)."""

    position: Vector
    orientation: Quaternion


class Presence(Operation, tag="presence"):
    """Where this client's head and hands are, for the others to see; no answer, the newest counts. Without `head`: in VR no more.

    `scale`: scene metres a metre of the room is, so that a head is drawn as large as it is.
    """

    role: ClassVar[Role] = "viewer"

    head: Pose | None = None
    left: Pose | None = None
    right: Pose | None = None
    scale: Annotated[float, msgspec.Meta(gt=0, le=1e4)] = 1.0


class PeerMoved(Operation, tag="peer"):
    """Where another client's head and hands are. Without `head` it has left VR, or is gone."""

    client_id: str
    name: str
    head: Pose | None = None
    left: Pose | None = None
    right: Pose | None = None
    scale: float = 1.0
