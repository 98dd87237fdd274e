"""Events of the label log: one struct per kind of event, and the encoding of events on disk.

An event on disk is a msgpack map. An array in it is a byte string of little-endian numbers, or is
packed (protocol/item_sets.py).
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import ProtocolError
from lodespace.protocol import UNLABELED
from lodespace.protocol.axes import AxisLetter
from lodespace.protocol.item_sets import ClassIds, Items, pack, unpack
from lodespace.session.event_header import (
    EventHeader,
    Header,
    Seen,
    StoredProvenance,
    Targets,
    new_header,
)
from lodespace.session.rule_events import (
    AddRuleEvent,
    DeleteRuleEvent,
    EditRuleEvent,
    RuleEvent,
    RuleVotesEvent,
)

__all__ = [
    "AddRuleEvent",
    "ClassIds",
    "DeleteRuleEvent",
    "EditRuleEvent",
    "EventHeader",
    "Header",
    "Items",
    "RuleEvent",
    "RuleVotesEvent",
    "Seen",
    "StoredProvenance",
    "Targets",
    "new_header",
]

_STORED_AS = {Items: np.dtype("<u4"), ClassIds: np.dtype("<i2"), Targets: np.dtype("<f4")}
"""NumPy number format in which the log stores each array type."""


class LabelEvent(EventHeader, frozen=True, tag="gesture"):
    """All given items got the same class."""

    items: Items
    """Numbers of the items (K,), ascending."""
    class_id: int
    """Class of the items; UNLABELED if their labels were removed."""
    provenance: StoredProvenance
    """How the items were chosen."""
    revision: int = 0
    """Revision of the positions that the annotator saw."""


class LabelEachEvent(EventHeader, frozen=True, tag="label_each"):
    """Several items got labels, each item its own class."""

    items: Items
    """Numbers of the items (K,), ascending."""
    class_ids: ClassIds
    """Class of each item (K,); UNLABELED if the item's label was removed."""
    provenance: StoredProvenance
    """How the items were chosen."""
    revision: int = 0
    """Revision of the positions that the annotator saw."""

    def __post_init__(self) -> None:
        if len(self.class_ids) != len(self.items):
            raise ValueError(
                f"the event has {len(self.items)} items, but {len(self.class_ids)} classes for them"
            )


class SettingsEvent(EventHeader, frozen=True, tag="settings"):
    """Training settings changed."""

    changes: protocol.Settings
    """Settings with the changed fields; all other fields are None."""


class AnchorEvent(EventHeader, frozen=True, tag="anchor"):
    """Items were dragged."""

    items: Items
    """Numbers of the items (K,), ascending."""
    targets: Targets | None = None
    """Positions at which the items are pinned, in latent units, flat (K * latent_dim,).

    None if the items were released without a pin."""
    latent_dim: int = 3
    """Dimension of the latent space of `targets`."""
    revision: int = 0
    """Revision of the positions that the annotator saw."""

    def points(self) -> Targets | None:
        """Return `targets` as (K, latent_dim); None if the items were released without a pin.

        Also return None for targets of a wrong length, because a damaged pin must not make the
        labels of a log unreadable.
        """
        if self.targets is None or len(self.targets) != len(self.items) * self.latent_dim:
            return None
        return self.targets.reshape(len(self.items), self.latent_dim)


class UnpinEvent(EventHeader, frozen=True, tag="unpin"):
    """Pins were removed."""

    items: Items
    """Numbers of the items (K,), ascending; an empty list removes all pins."""


class SetAxisEvent(EventHeader, frozen=True, tag="set_axis"):
    """An axis of the map was set to show the values of a column, or two groups of items."""

    axis: AxisLetter
    """The axis."""
    name: str
    """Name of the axis."""
    few: Items
    """Items with little of the value (K,), ascending; empty for a column."""
    many: Items
    """Items with much of the value (L,), ascending; empty for a column."""
    column: str = ""
    """Column of the table whose values the axis shows; empty for two groups of items."""
    category: str = ""
    """Category that is compared with all others; empty if the axis shows all values."""


class RemoveAxisEvent(EventHeader, frozen=True, tag="remove_axis"):
    """An axis of the map no longer shows values."""

    axis: AxisLetter
    """The axis."""


class UndoEvent(EventHeader, frozen=True, tag="undo"):
    """An action was undone."""

    gesture: int
    """Sequence number of the event that made the undone action."""


class RedoEvent(EventHeader, frozen=True, tag="redo"):
    """An action was redone."""

    gesture: int
    """Sequence number of the event that made the redone action."""


class AddClassEvent(EventHeader, frozen=True, tag="add_class"):
    """A class was created."""

    class_id: int
    """Number of the class."""
    name: str
    """Name of the class."""
    colour: str | None = None
    """Colour as #rrggbb; None for the default colour of the class."""


class EditClassEvent(EventHeader, frozen=True, tag="edit_class"):
    """A class was renamed, recoloured, locked or unlocked. Fields that are None did not change."""

    class_id: int
    """Number of the class."""
    name: str | None = None
    """New name."""
    colour: str | None = None
    """New colour as #rrggbb."""
    locked: bool | None = None
    """True if the class was locked, False if it was unlocked."""


class MergeClassEvent(EventHeader, frozen=True, tag="merge_class"):
    """A class was merged into another."""

    class_id: int
    """Number of the class that is removed."""
    into: int
    """Number of the class into which the removed class is merged."""


class DeleteClassEvent(EventHeader, frozen=True, tag="delete_class"):
    """A class was deleted, and the labels of its items were removed."""

    class_id: int
    """Number of the class."""


ClassEvent = AddClassEvent | EditClassEvent | MergeClassEvent | DeleteClassEvent
Event = (
    LabelEvent
    | LabelEachEvent
    | SettingsEvent
    | AnchorEvent
    | UnpinEvent
    | SetAxisEvent
    | RemoveAxisEvent
    | UndoEvent
    | RedoEvent
    | ClassEvent
    | RuleEvent
)


_PACKED_ITEMS, _PACKED_CLASSES = 1, 2
"""Codes of msgpack extensions: a packed set of items (protocol/item_sets.py), and a packed set of
the items 0 to K-1 with K classes."""
_PACKED_FROM = 1024
"""Smallest length of an array that is packed.

A packed array takes less space, but 50 us to unpack. Shorter arrays are not packed, because a log
has many small gestures.
"""
_MOST_ITEMS = 1 << 27
"""Largest number of items of a packed array. It limits the memory that a damaged event takes."""


def _encode_array(value: Any) -> bytes | msgspec.msgpack.Ext:
    array: npt.NDArray[Any] = value
    if _PACKED_FROM <= len(array) <= _MOST_ITEMS:
        if array.dtype == np.uint32 and (array[1:] > array[:-1]).all():
            return msgspec.msgpack.Ext(_PACKED_ITEMS, pack(array))
        if array.dtype == np.int16 and int(array.min()) >= UNLABELED:
            numbers = np.arange(len(array), dtype=np.uint32)
            return msgspec.msgpack.Ext(_PACKED_CLASSES, pack(numbers, array))
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _decode_array(array_type: Any, stored: Any) -> npt.NDArray[Any]:
    if isinstance(stored, msgspec.msgpack.Ext):
        return _unpacked(array_type, stored)
    # The array is not copied, so it is read-only, like the rest of the event.
    array = np.frombuffer(stored, _STORED_AS[array_type])
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _unpacked(array_type: Any, stored: msgspec.msgpack.Ext) -> npt.NDArray[Any]:
    try:
        found = unpack(bytes(stored.data), _MOST_ITEMS)
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    if (stored.code, array_type) == (_PACKED_ITEMS, Items):
        return found.items
    if (stored.code, array_type) == (_PACKED_CLASSES, ClassIds) and found.class_ids is not None:
        return found.class_ids
    raise ValueError("a packed array in the event does not have the expected type of values")


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_array)
_decoder = msgspec.msgpack.Decoder(Event, dec_hook=_decode_array)


def encode_event(event: Event) -> bytes:
    """Return `event` as the log stores it, without the sequence number of the event."""
    return _encoder.encode(msgspec.structs.replace(event, sequence=0))


def decode_event(stored: bytes, sequence: int) -> Event:
    """Return the event that `encode_event` stored.

    Raises:
        ValueError: `stored` is not an event. The errors of msgspec are ValueErrors.
    """
    event = _decoder.decode(stored)
    msgspec.structs.force_setattr(event, "sequence", sequence)  # three times as fast as `replace`
    return event
