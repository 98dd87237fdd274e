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
    """Answer to a command that took effect. The event of the command, if any, is on disk."""

    command_id: str
    """Id of the command."""
    sequence: int
    """Number of the command's event in the label log; of the newest event if nothing changed."""
    count: int
    """Number of items that changed."""
    class_id: int = UNLABELED
    """Class that `add_class` created, or that a gesture assigned; -1 without a single class."""
    message: str = ""
    """A sentence for a person when a part of the command had no effect."""


class Refused(Operation, tag="refused"):
    """Answer to a message that was refused. Nothing changed."""

    command_id: str
    """Id of the command; empty when the message has no id."""
    code: str
    """Stable code of the error, for programs."""
    message: str
    """A sentence for a person."""


class Notice(Operation, tag="notice"):
    """A problem that a person should know of, and what to do."""

    topic: Literal["collapse", "trainer", "disk", "undo"]
    """Topic of the problem. A notice replaces the previous notice of its topic."""
    code: str
    """Code of the problem; empty: the notice of `topic` is removed."""
    message: str
    """Sentences for a person: the problem, and the next action."""
    mend: Settings | None = None
    """Settings that solve the problem; the page offers to apply them."""
