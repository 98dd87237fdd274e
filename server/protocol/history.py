"""Gestures, undo and redo."""

from typing import Literal

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import CommandId


class Gesture(Message):
    """One action of a person: one step of undo, one tick on the timeline."""

    gesture: int
    """Number of the gesture's event in the label log."""
    kind: Literal["label", "settings", "anchor", "unpin", "class"]
    """Kind of the change: labels, settings, positions (`anchor`), pins (`unpin`) or classes."""
    class_id: int
    """Class that the items got; -1 for several classes, or for no class."""
    count: int
    """Number of items that changed."""
    by: str
    """Id of the client that made the gesture."""
    at: float
    """Time of the gesture, in seconds since the Unix epoch."""
    revision: int
    """Revision of the positions that the client showed."""
    undone: bool
    """Whether the gesture is undone."""
    note: str
    """A short description of the change, or the note of the person."""


class History(Message):
    """The newest gestures, and whether this client can undo and redo."""

    gestures: list[Gesture]
    """At most 200 gestures, oldest first."""
    can_undo: bool
    """Whether there is a gesture of this client to undo."""
    can_redo: bool
    """Whether there is a gesture of this client to redo."""


class Undo(Operation, tag="undo"):
    """Undo this client's newest gesture that is not undone: its labels, settings, pins or classes.

    The model and the layout return to their state before the gesture. If another client has
    continued from the gesture, model and layout do not return, and the answer has a `message`.
    """

    command_id: CommandId
    """Id of the command."""


class Redo(Operation, tag="redo"):
    """Redo this client's gesture that was undone last."""

    command_id: CommandId
    """Id of the command."""


class HistoryChanged(Operation, tag="history"):
    """A gesture was made, undone or redone."""

    history: History
    """The newest gestures."""


class GestureTold(Operation, tag="gesture"):
    """A gesture was made, undone or redone. Only in recordings: clients receive `history`."""

    event: Literal["made", "undone", "redone"]
    """Kind of the change."""
    gesture: Gesture
    """The gesture."""
