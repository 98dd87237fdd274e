"""Presence of the people of a session: heads and hands in VR, pointers and views on the page.

Nothing of this is stored.
"""

from typing import Annotated, ClassVar, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import Item, Quaternion, Role, Vector

MAX_SHOWN_SELECTED = 200
"""Largest number of selected items that other people see. From a larger selection, a client sends
items spread evenly over it."""
PRESENCE_SECONDS = 0.1
"""Shortest time between two messages about one client to another client."""

Call = Literal["", "come", "follow"]
"""Request to the other people: to move once to the view of the person (`come`), or to move with it
(`follow`)."""
ShownItems = Annotated[list[Item], msgspec.Meta(max_length=MAX_SHOWN_SELECTED)]


class Pose(Message):
    """Position and orientation of a head or hand in the scene. The box of the items is a cube with
    edges of 1 m, centred at the origin of the scene."""

    position: Vector
    """Position in the scene, in metres."""
    orientation: Quaternion
    """Orientation, as a quaternion x, y, z, w."""


class Presence(Operation, tag="presence"):
    """View, hands and pointer of the person at this client, for the other clients.

    There is no answer. Each message replaces the previous message of the client.
    """

    role: ClassVar[Role] = "viewer"

    head: Pose | None = None
    """Pose of the head in VR, or of the camera on the page; null if others should not see it."""
    left: Pose | None = None
    """Pose of the left hand; null if the hand is not tracked."""
    right: Pose | None = None
    """Pose of the right hand; null if the hand is not tracked."""
    scale: Annotated[float, msgspec.Meta(gt=0, le=1e4)] = 1.0
    """Metres of the scene per metre of the room. Other clients draw the head of this person larger
    by this factor. On the page, the width of the view at the middle of the scene, relative to the
    first view."""
    cursor: Vector | None = None
    """Place of the item under the pointer, in metres of the scene; null without such an item."""
    call: Call = ""
    """Request to the other people."""


class ShowSelection(Operation, tag="show_selection"):
    """The items that are selected at this client, for the other clients.

    There is no answer. Each message replaces the previous message of the client.
    """

    role: ClassVar[Role] = "viewer"

    items: ShownItems = msgspec.field(default_factory=list[int])
    """Selected items, or some of them, spread evenly, if there are many."""
    count: Annotated[int, msgspec.Meta(ge=0, le=0x7FFFFFFF)] = 0
    """Number of selected items."""


class PeerMoved(Operation, tag="peer"):
    """View, hands and pointer of another client."""

    client_id: str
    """Id of the other client."""
    name: str
    """Name of the person at the other client."""
    head: Pose | None = None
    """Pose of the head or camera; null if the client is disconnected, or shows none."""
    left: Pose | None = None
    """Pose of the left hand; null if the hand is not tracked."""
    right: Pose | None = None
    """Pose of the right hand; null if the hand is not tracked."""
    scale: float = 1.0
    """Metres of the scene per metre of the room of the client `client_id`."""
    cursor: Vector | None = None
    """Place of the item under the pointer, in metres of the scene."""
    call: Call = ""
    """Request to the other people."""
    colour: int = 0
    """Number of the colour of the person, the same on all pages; the first person has 0."""


class PeerSelected(Operation, tag="peer_selected"):
    """The items that are selected at another client."""

    client_id: str
    """Id of the other client."""
    items: list[int]
    """Selected items, or some of them if there are many."""
    count: int
    """Number of selected items."""
