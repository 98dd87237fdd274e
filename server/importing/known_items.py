"""Ids of new items, and recognition of items that a project has already."""

from pathlib import PurePosixPath

import numpy as np

from lodespace.importing.channels import with_channels
from lodespace.importing.source import RawItem
from lodespace.items import decoding, originals
from lodespace.items.item_set import ItemSet


class KnownItems:
    """The items of a project by id."""

    def __init__(self, items: ItemSet) -> None:
        self._items = items
        self._rows = {item_id: row for row, item_id in enumerate(items.ids)}
        numbers = (int(i) for i in self._rows if i.isascii() and i.isdigit() and len(i) < 19)
        self._next = max(len(items), 1 + max(numbers, default=-1))
        self.count = 0
        """Number of new items that the project has already."""

    def has(self, item_id: str) -> bool:
        """Return whether the project has the item, and count it."""
        known = item_id in self._rows
        self.count += known
        return known

    def number(self, item: RawItem, *, compare: bool) -> bool:
        """Give an item without an id the next number. Returns False if the project has the item.

        With `compare`, the project has the item if the project's item of the same number has the
        same content. Without `compare`, each item is new.
        """
        row = self._rows.get(item.item_id) if compare else None
        if row is not None and self._same(item, row):
            self.count += 1
            return False
        item.item_id = str(self._next)
        self._next += 1
        return True

    def name(self, item: RawItem) -> bool:
        """Give an item from another folder a free id. Returns False if the project has the item.

        An item with the same path but other content is another item. It gets an id such as
        "x/1 (2).png", if the project has "x/1.png".
        """
        wanted, turn = item.item_id, 1
        while (row := self._rows.get(item.item_id)) is not None:
            if self._same(item, row):
                self.count += 1
                return False
            turn += 1
            item.item_id = _with_turn(wanted, turn, part=item.start is not None)
        return True

    def _same(self, item: RawItem, row: int) -> bool:
        """Return whether the new item has the content of the project's item `row`."""
        items = self._items
        text = items.details.get("text")
        if item.text is not None and isinstance(text, str) and items.table is not None:
            return bool(items.table.value(text, row) == item.text)
        kept = None if item.original is None else originals.raw(items, row)
        if kept is not None:
            return kept == item.original
        try:
            if item.vector is not None:
                vector = item.vector()
                item.vector = lambda: vector
                return np.array_equal(vector, items.data[row])
            if item.picture is None or items.pictures is None:
                return False
            frame = items.pictures.shape[1], items.pictures.shape[2]
            picture = item.picture(frame)
        # Decoders raise many types of errors. The item is read again later, and then left out.
        except Exception:
            return False
        item.picture = lambda _: picture
        pixels = with_channels(decoding.fitted(picture, frame)[None], items.pictures.ndim)[0]
        return np.array_equal(pixels, items.pictures[row])


def _with_turn(item_id: str, turn: int, *, part: bool) -> str:
    """Return "x/1 (2).png" for "x/1.png". For a `part` of a file, the id ends with "@SECONDS"."""
    path, at, seconds = item_id.rpartition("@") if part else (item_id, "", "")
    suffix = PurePosixPath(path).suffix
    return f"{path.removesuffix(suffix)} ({turn}){suffix}{at}{seconds}"
