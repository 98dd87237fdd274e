"""Items that cannot be read, and what a decoded picture is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.errors import LodespaceError

Picture = Image.Image | npt.NDArray[np.uint8]
"""A decoded picture: of Pillow, or uint8 (H, W) or (H, W, 3)."""


class ItemError(LodespaceError):
    """One item cannot be read; the message is the reason, for a person. The others go in."""


@dataclass(frozen=True)
class BadItem:
    """An item that was left out, by name and reason."""

    name: str
    reason: str
