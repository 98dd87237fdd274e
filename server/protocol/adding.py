"""Addition of items to a project."""

from lodespace.protocol.base import Message

MAX_ADDED_BYTES = 64 << 20
"""Largest file with new items, in bytes."""


class LeftOut(Message):
    """A new item that was left out."""

    name: str
    """Id of the item, or name of its file."""
    reason: str
    """Why it was left out."""


class ItemsAdded(Message):
    """Answer of POST /api/items."""

    first: int
    """Number of the first added item. The others follow it."""
    count: int
    """Number of added items."""
    n_items: int
    """Number of items of the project, with the added ones."""
    known: int
    """Number of sent items that the project had already."""
    left_out: list[LeftOut]
    """The first items that were left out, at most 100."""
    notes: list[str]
    """Labels that came with the items and could not be given, with the reasons, at most 100."""
