"""Fields that all events of the label log have, and the provenance that gestures have."""

import time
from typing import TypedDict

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.protocol.item_sets import ClassIds

Targets = npt.NDArray[np.float32]


class Header(TypedDict):
    """The common fields of all events, as keyword arguments."""

    command_id: str
    """Id that the client made for the command."""
    client: str
    """Id of the client that sent the command."""
    at: float
    """Time of the command, in seconds since the Unix epoch."""


def new_header(command_id: str, client: str) -> Header:
    """Return the header of a new event, with the current time."""
    return Header(command_id=command_id, client=client, at=time.time())


class EventHeader(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    eq=False,
    omit_defaults=True,
    tag_field="kind",
    gc=False,
):
    """Fields of every event.

    With `gc=False`, Python's garbage collector does not visit events. No field of an event can
    refer back to the event, so the collector is not needed.
    """

    command_id: str
    """Id that the client made for the command; unique in a log."""
    client: str
    """Id of the client that sent the command."""
    at: float
    """Time of the command, in seconds since the Unix epoch (UTC)."""
    sequence: int = 0
    """Number of the event in the log, from 1; 0 until the event is written."""

    @property
    def kind(self) -> str:
        """Name of this kind of event on disk."""
        return str(self.__struct_config__.tag)


class Seen(msgspec.Struct, frozen=True, eq=False, gc=False):
    """State of the items of a contact sheet before the person confirmed the sheet."""

    labels: ClassIds
    """Label of each item (K,); UNLABELED for an item without a label."""
    predictions: ClassIds
    """Predicted class of each item (K,); UNLABELED for an item without a prediction."""
    confidences: Targets
    """Probability of the predicted class (K,)."""
    doubts: Targets
    """Per item (K,), the probability that its label is wrong.

    For an item without a label, this is the probability that its prediction is wrong.
    """


class StoredProvenance(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How the items of a gesture were chosen: `protocol.Provenance` as the log stores it."""

    tool: str = ""
    """Name of the tool that chose the items."""
    note: str = ""
    """Note of the annotator, as free text."""
    verified: bool = False
    """Whether the annotator looked at each item."""
    regions: msgspec.Raw = msgspec.Raw(b"\x90")
    """List of `protocol.Region` as msgpack. The list stays encoded, because no command reads it."""
    seen: Seen | None = None
    """State of the items before the sheet was confirmed; None if the gesture confirmed no sheet."""
    blind: bool = False
    """Whether the labels are hidden until another person has labelled the items, too."""

    @classmethod
    def of(cls, provenance: protocol.Provenance, seen: Seen | None = None) -> "StoredProvenance":
        """Return `provenance` as the log stores it."""
        return cls(
            tool=provenance.tool,
            note=provenance.note,
            verified=provenance.verified,
            regions=msgspec.Raw(msgspec.msgpack.encode(provenance.regions)),
            seen=seen,
            blind=provenance.blind,
        )
