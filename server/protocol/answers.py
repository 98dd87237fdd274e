"""Answers to commands, errors, and what a person should read."""

from typing import Literal

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.training import Settings
from lodespace.protocol.values import UNLABELED


class ErrorBody(Message):
    """Body of every HTTP answer with a status of 400 or more."""

    code: str
    message: str


class Ack(Operation, tag="ack"):
    """A command took effect; a label is on disk.

    `sequence` is the event's number in the log, `count` how many items changed.
    """

    command_id: str
    sequence: int
    count: int
    class_id: int = UNLABELED
    """The class an `add_class` made, or the one a gesture gave."""
    message: str = ""
    """What a person should know of how it went."""


class Refused(Operation, tag="refused"):
    """A command, or with an empty `command_id` a frame, was not carried out; nothing changed."""

    command_id: str
    code: str
    message: str


class Notice(Operation, tag="notice"):
    """Something a person should read, with what to do. `code` "" clears the notices of `topic`."""

    topic: Literal["collapse", "trainer", "disk", "undo"]
    code: str
    message: str
    mend: Settings | None = None
    """Settings that would mend it: an offer, one click."""
