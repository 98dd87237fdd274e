"""Reading of single items, and the rules for items that an import leaves out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lodespace.importing.source import RawItem
from lodespace.items import decoding, table_builder
from lodespace.items.errors import ItemError


@dataclass
class ReadItem:
    """A raw item with the picture or vector that was read."""

    item: RawItem
    pixels: npt.NDArray[np.uint8] | None = None
    """The picture at the stored size, (H, W) or (H, W, 3)."""
    vector: npt.NDArray[np.float32] | None = None
    """Features, (F,)."""
    features: npt.NDArray[np.float32] | None = None
    """Features that the source computed, (F,)."""
    larger: bool = False
    """Whether the original picture is larger than the stored picture."""
    error: str = ""
    """Why the item cannot be imported. Empty if it can be imported."""


def read_item(item: RawItem, frame: tuple[int, int]) -> ReadItem:
    """Read the picture or vector of `item`, and scale the picture to `frame` (height, width)."""
    read = ReadItem(item)
    item.item_id = table_builder.whole_text(item.item_id)
    item.label = None if item.label is None else table_builder.whole_text(item.label)
    try:
        if item.vector is not None:
            read.vector = item.vector()
        if item.picture is not None:
            picture = item.picture(frame)
            read.larger = max(decoding.height_and_width(picture)) > max(frame)
            read.pixels = decoding.fitted(picture, frame)
        if item.features is not None:
            read.features = item.features()
    except ItemError as error:
        read.error = str(error)
    # Decoders raise many types of errors. An error of one item must not end the import.
    except Exception as error:
        read.error = f"cannot be read: {str(error) or type(error).__name__}"
    return read


class Refusals:
    """Decides which items are left out.

    An item is left out if it could not be read, or if it has the id of an earlier item, a vector of
    another length than earlier vectors, or a number that is not finite.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        """Prepare to check the items.

        `shape` is the shape that each vector must have. If it is (), the first vector decides.
        """
        self._ids: set[str] = set()
        self._shape = shape

    def of(self, read: ReadItem) -> str:
        """Return why an item is left out, or "" for an item that is imported."""
        error = read.error or self._conflict(read)
        if not error:
            self._ids.add(read.item.item_id)
            if read.vector is not None:
                self._shape = read.vector.shape
        return error

    def _conflict(self, read: ReadItem) -> str:
        """Return why the item does not fit the earlier items, or "" if the item fits."""
        if read.item.item_id in self._ids:
            return "another item already has this id"
        vector = read.vector
        if vector is None:
            return ""
        if self._shape and vector.shape != self._shape:
            return (
                f"a vector of {vector.size} numbers; earlier vectors have {self._shape[0]} numbers"
            )
        return "" if np.isfinite(vector).all() else "the vector contains NaN or infinity"
