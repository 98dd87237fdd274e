"""Gestures, undo and redo."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import CommandId


class Gesture(Message):
    """One action of a person, which is undone and redone as a whole."""

    gesture: int
    """Number of the gesture's event in the label log."""
    kind: Literal["label", "settings", "anchor", "unpin", "class", "axis", "rule"]
    """Kind of the change: labels, settings, positions (`anchor`), pins (`unpin`), classes, named
    axes or rules."""
    class_id: int
    """Class that the gesture gave to the items; -1 for several classes or no class."""
    count: int
    """Number of items that changed."""
    by: str
    """Id of the client that made the gesture. The id of a client on an approved device has the form
    `DEVICE.CLIENT`."""
    at: float
    """Time of the gesture, in seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the client showed at the time of the gesture."""
    undone: bool
    """Whether the gesture is currently undone."""
    note: str
    """Short description of the change; it may be empty."""


class History(Message):
    """The newest gestures, and whether this client can undo and redo."""

    gestures: list[Gesture]
    """At most 200 gestures, oldest first."""
    can_undo: bool
    """Whether there is a gesture of this client to undo."""
    can_redo: bool
    """Whether there is a gesture that this client undid and can redo."""


class Undo(Operation, tag="undo"):
    """Undo one gesture: the newest one of this client, or a gesture that the owner chooses.
    Gestures that are already undone do not count.

    Labels, settings, pins, classes or axes that the gesture changed return to their previous state.
    If no other client has made changes since the gesture, the model and the layout return to their
    state before the gesture. Otherwise they keep their state, and the answer has a `message`.
    """

    command_id: CommandId
    """Id of the command."""
    gesture: Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)] = 0
    """Number of the gesture; 0 for the newest gesture of this client. A gesture can be undone only
    after all later gestures of the same client are undone. Only the owner may name a gesture of
    another client."""
    owners: bool = False
    """If true, `gesture` 0 stands for the newest gesture of this client or of any page of the owner
    on the server's machine, in any browser and on any port. Only the owner may set this field."""


class Redo(Operation, tag="redo"):
    """Redo the gesture that this client undid last."""

    command_id: CommandId
    """Id of the command."""


class HistoryChanged(Operation, tag="history"):
    """A gesture was made, undone or redone."""

    history: History
    """The newest gestures."""


class GestureTold(Operation, tag="gesture"):
    """A gesture was made, undone or redone. Only recordings have this message; clients receive
    `history`."""

    event: Literal["made", "undone", "redone"]
    """Whether the gesture was made, undone or redone."""
    gesture: Gesture
    """The gesture."""
    labelled: int | None = None
    """Number of items with a label after this event; null in recordings of older versions."""
