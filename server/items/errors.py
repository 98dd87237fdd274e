"""Errors of items that cannot be read, and the type of a decoded picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.errors import LodespaceError

Picture = Image.Image | npt.NDArray[np.uint8]
"""A decoded picture: a Pillow image, or uint8 (H, W) or (H, W, 3)."""


class ItemError(LodespaceError):
    """One item cannot be read. The message is the reason. The other items are imported."""


@dataclass(frozen=True)
class BadItem:
    """An item, or several files of one kind, that were left out of an import."""

    name: str
    """Name for the report: an id, a path, a line number, or "71 files in masks/"."""
    reason: str
    """Why the item was left out."""
    count: int = 1
    """Number of files or items that the name stands for."""
    kind: str = ""
    """Kind of the files, such as "HEIC" or ".txt".

    Empty unless the kind is the reason for leaving the files out.
    """
    remedy: str = ""
    """What to do to read the item, such as "install lodespace[heif]". Empty if nothing is known."""
    expected: bool = False
    """Whether the item is left out on purpose, as a mask is, and not because of a fault in the
    data.
    """
    unit: str = ""
    """Unit of `count`: "rows" of a file beside the data. Empty: files or items of the data."""
