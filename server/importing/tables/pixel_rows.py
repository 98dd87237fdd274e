"""Rows whose numbers are the pixels of a square picture, such as MNIST as CSV."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lodespace.importing.finding import Finding
from lodespace.items.errors import ItemError

LEAST_SIDE = 8
"""Width and height of the smallest picture in pixels."""
_BRIGHT = 64
"""Pixels of real pictures reach this value. Smaller whole numbers may be counts."""

Vector = npt.NDArray[np.float32]


def side_of(vectors: Sequence[Vector]) -> int | None:
    """Return the side in pixels if the first vectors (F,) are pictures; otherwise None.

    Pictures have F = side * side whole numbers from 0 to 255.
    """
    if not vectors or len({vector.size for vector in vectors}) > 1:
        return None
    side = math.isqrt(vectors[0].size)
    whole = np.stack(vectors)
    if side < LEAST_SIDE or side * side != whole.shape[1]:
        return None
    pixels = (whole >= 0).all() and (whole <= 255).all() and (whole == whole.round()).all()
    return side if pixels and whole.max() >= _BRIGHT else None


def has_label_first(count: int) -> bool:
    """Whether rows of `count` numbers may be a label and the pixels of a square picture."""
    return count > LEAST_SIDE**2 and math.isqrt(count - 1) ** 2 == count - 1


class PixelRow:
    """Makes the picture of a row when called."""

    def __init__(self, vector: Callable[[], Vector], side: int) -> None:
        self.vector, self.side = vector, side

    def __call__(self, frame: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        del frame
        values = self.vector()
        if values.size != self.side**2 or not ((values >= 0) & (values <= 255)).all():
            raise ItemError(f"the row does not have {self.side**2} numbers from 0 to 255")
        return values.round().astype(np.uint8).reshape(self.side, self.side)


def pixel_finding(side: int, option: str) -> Finding:
    """Return the finding that each row is read as a picture.

    `option` is the option with which rows are read as vectors.
    """
    text = f"the {side * side:,} numbers of a row are the pixels of a picture, {side} x {side}"
    return Finding("columns", text, doubtful=True, option=option)
