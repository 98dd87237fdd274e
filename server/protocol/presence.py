"""Heads and hands of the people in VR."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import Quaternion, Role, Vector


class Pose(Message):
    """Position and orientation of a head or hand in the scene. The box of the items is a cube with
    edges of 1 m, centred at the origin of the scene."""

    position: Vector
    """Position in the scene, in metres."""
    orientation: Quaternion
    """Orientation, as a quaternion x, y, z, w."""


class Presence(Operation, tag="presence"):
    """Poses of this client's head and hands, for the other clients.

    There is no answer. Each message replaces the previous message of the client.
    """

    role: ClassVar[Role] = "viewer"

    head: Pose | None = None
    """Pose of the head; null if this client has left VR."""
    left: Pose | None = None
    """Pose of the left hand; null if the hand is not tracked."""
    right: Pose | None = None
    """Pose of the right hand; null if the hand is not tracked."""
    scale: Annotated[float, msgspec.Meta(gt=0, le=1e4)] = 1.0
    """Metres of the scene per metre of the room. Other clients draw the head of this person larger
    by this factor."""


class PeerMoved(Operation, tag="peer"):
    """Poses of another client's head and hands."""

    client_id: str
    """Id of the other client."""
    name: str
    """Name of the other client."""
    head: Pose | None = None
    """Pose of the head; null if the client has left VR or is disconnected."""
    left: Pose | None = None
    """Pose of the left hand; null if the hand is not tracked."""
    right: Pose | None = None
    """Pose of the right hand; null if the hand is not tracked."""
    scale: float = 1.0
    """Metres of the scene per metre of the room of the client `client_id`."""
