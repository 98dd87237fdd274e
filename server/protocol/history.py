"""Gestures, undo and redo."""

from typing import Literal

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import CommandId


class Gesture(Message):
    """One user action, one undo step, one tick on the timeline: `count` items were labelled, or dragged ("anchor"), or their pins
    taken away ("unpin"), or settings or classes changed ("settings", "class"), as `note` says. `class_id`: -1 where they are several."""

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


class Undo(Operation, tag="undo"):
    """Take back this client's newest gesture that still stands: labels, settings or pins, and with them the model and the layout of the
    moment before it. Where somebody else has gone on since, labels, settings and pins alone; the answer's `message` says so."""

    command_id: CommandId


class Redo(Operation, tag="redo"):
    """Bring back this client's gesture that was undone last."""

    command_id: CommandId


class HistoryChanged(Operation, tag="history"):
    """The gestures after one was made, undone or redone."""

    history: History


class GestureTold(Operation, tag="gesture"):
    """A gesture was made, undone or redone. In recordings only: clients are told the whole history."""

    event: Literal["made", "undone", "redone"]
    gesture: Gesture
