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
    """Number of the command's event in the label log.

    A command that changed nothing has no event. In that case, this is the number of the newest
    event.
    """
    count: int
    """Number of items that changed."""
    class_id: int = UNLABELED
    """Class that `add_class` created, or that a gesture assigned; -1 for no class or several
    classes.
    """
    message: str = ""
    """A sentence for a person if a part of the command had no effect, or if it replaced labels of
    other people; else empty."""


class Refused(Operation, tag="refused"):
    """Answer to a message that was refused. Nothing changed."""

    command_id: str
    """Id of the command; empty when the message has no id."""
    code: str
    """Stable code of the error, for programs."""
    message: str
    """A sentence for a person."""


class Notice(Operation, tag="notice"):
    """A message to a person about a problem and the next action."""

    topic: Literal["collapse", "trainer", "disk", "undo", "data"]
    """Topic of the problem. A notice replaces the previous notice of the same topic."""
    code: str
    """Code of the problem. If empty, the page removes the notice of this topic."""
    message: str
    """Sentences for a person: the problem, and the next action."""
    mend: Settings | None = None
    """Settings that solve the problem; the page offers to apply them."""
