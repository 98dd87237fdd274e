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
    """An item that was left out of an import."""

    name: str
    """Name for the report: an id, a path, or a line number."""
    reason: str
    """Why the item was left out."""
