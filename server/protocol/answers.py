"""Answers to commands, errors, notices."""

from typing import Literal

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.training import Settings
from lodespace.protocol.values import UNLABELED


class ErrorBody(Message):
    """Body of every HTTP answer with a status of 400 or more."""

    code: str
    """Stable code of the error, for programs."""
    message: str
    """A sentence for a person."""


class Ack(Operation, tag="ack"):
    """A command took effect. A label is on disk."""

    command_id: str
    """Id of the command."""
    sequence: int
    """Number of its event in the label log."""
    count: int
    """Number of items that changed."""
    class_id: int = UNLABELED
    """The class that `add_class` created, or that a gesture assigned."""
    message: str = ""
    """A sentence for a person when a part of the command had no effect."""


class Refused(Operation, tag="refused"):
    """A message of the client had no effect; nothing changed."""

    command_id: str
    """Id of the command; empty when the message is without an id."""
    code: str
    """Stable code of the error, for programs."""
    message: str
    """A sentence for a person."""


class Notice(Operation, tag="notice"):
    """A message for a person, with what to do."""

    topic: Literal["collapse", "trainer", "disk", "undo"]
    """A notice replaces the previous one of its topic."""
    code: str
    """Code of the problem; empty: the notice of `topic` is removed."""
    message: str
    """Sentences for a person: the problem, and the next action."""
    mend: Settings | None = None
    """Settings that solve the problem; the page offers to apply them."""
