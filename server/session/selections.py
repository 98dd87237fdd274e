"""Selections that a client has uploaded. A command names a selection by its slot number."""

from collections.abc import Sequence

import numpy as np

from lodespace.errors import ProtocolError, RequestError
from lodespace.protocol.item_sets import Items, ItemSet, largest_packed, unpack
from lodespace.protocol.selection_frames import SLOTS, decode_part


class _Slot:
    """One upload: the bytes that have arrived.

    When a command first names the slot, the bytes are decoded to a set of items.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = bytearray()
        self.item_set: ItemSet | None = None


class Selections:
    """The selections of one connection, for a data set of `n_items` items.

    The memory is bounded: there are SLOTS selections, and none of them is larger than a set of all
    items with one point per item.
    """

    def __init__(self, n_items: int) -> None:
        self._n_items = n_items
        self._slots: list[_Slot | None] = [None] * SLOTS

    @classmethod
    def of(cls, n_items: int, *chosen: Sequence[int]) -> "Selections":
        """Return selections of items in the slots 0, 1 and so on, for a command of the server."""
        selections = cls(n_items)
        for slot, listed in enumerate(chosen):
            items = np.unique(np.asarray(listed, np.uint32))
            upload = selections._slots[slot] = _Slot(0)
            upload.item_set = ItemSet(items)
        return selections

    def grow(self, n_items: int) -> None:
        """Continue with more items. Selections that were uploaded before stay valid."""
        self._n_items = n_items

    def receive(self, frame: bytes) -> None:
        """Add a part of a selection.

        Raises ProtocolError when the part does not fit the earlier parts of its slot. The slot is
        then empty.
        """
        part = decode_part(frame)
        upload = _Slot(part.size) if part.offset == 0 else self._slots[part.slot]
        self._slots[part.slot] = None
        if part.size > largest_packed(self._n_items):
            raise ProtocolError(
                f"A selection of {self._n_items} items has at most "
                f"{largest_packed(self._n_items)} bytes, not {part.size}."
            )
        if upload is None or (upload.size, len(upload.received)) != (part.size, part.offset):
            raise ProtocolError(
                f"The part at byte {part.offset} does not begin where the received parts end. Send "
                "the selection again from its first part."
            )
        upload.received += part.content
        self._slots[part.slot] = upload

    def item_set(self, slot: int) -> ItemSet:
        """Return the selection in a slot.

        Raises:
            RequestError: The slot has no complete selection.
            ProtocolError: The bytes of the selection are not a set of items.
        """
        upload = self._slots[slot]
        if upload is None or (upload.item_set is None and len(upload.received) < upload.size):
            raise RequestError(
                f"Slot {slot} has no complete selection. Send the selection before the command.",
                code="unknown_selection",
                status=404,
            )
        if upload.item_set is None:
            upload.item_set = unpack(bytes(upload.received), self._n_items)
            upload.received = bytearray()
        return upload.item_set

    def items(self, listed: Sequence[int], slot: int | None) -> Items:
        """Return the items of a command, ascending: those that it lists, or those in `slot`.

        Raises the errors of `item_set`.
        """
        if slot is None:
            return np.unique(np.asarray(listed, np.uint32))
        return self.item_set(slot).items


NO_SELECTIONS = Selections(0)
"""No selections, for commands that do not come from a stream."""
