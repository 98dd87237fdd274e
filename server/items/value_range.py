"""The range of numbers that is shown as black to white in pictures of more than 8 bits.

Cameras, microscopes, thermal and X-ray sensors store 10, 12 or 14 bits in numbers of 16 bits, and
single hot pixels may be far brighter than all others. One range is therefore computed for a whole
data set, from quantiles of a sample.
"""

import math
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.items.errors import ItemError

Range = tuple[float, float]
"""The numbers that become 0 and 255."""
Full = Literal["full"]
"""The option --range full: the whole range of the number type."""
QUANTILES = (0.001, 0.999)
"""The numbers at these quantiles become black and white."""
_MOST_VALUES = 2_000_000
"""Largest number of values in the sample of a data set."""
_MARKED = 0.001
"""A number may mark pixels without a value if at least this share of the pixels has the number."""
_NO_VALUES = frozenset({-9999.0, -999.0, -99999.0, -32768.0, -32767.0})
"""Usual marks of pixels without a value."""
_LOST = 0.05
"""A picture is almost uniform if its numbers fill a smaller share of the range than this."""
_MOST_LOST = 0.1
"""If a larger share of the pictures is almost uniform, the range is doubtful."""
USUAL_TOPS = (1.0, 255.0, 65535.0)
"""Usual largest numbers in pictures of fractions, of 8 bits, and of 16 bits."""


class ValueSample:
    """A bounded sample of the numbers of a data set."""

    def __init__(self, dtype: "np.dtype[Any]", expected: int = 0) -> None:
        """Begin a sample of numbers of `dtype`.

        `expected` is the number of values that will be added; 0 if it is unknown. With 0, values
        are left out only when the sample becomes too large.
        """
        self.dtype = dtype
        self.marks: list[float] = []
        """Numbers that mark pixels without a value. `range` sets them."""
        self.share = min(1.0, _MOST_VALUES / expected) if expected else 1.0
        self.least, self.most = math.inf, -math.inf
        self._parts: list[npt.NDArray[Any]] = []
        self._count = 0
        self._random = np.random.default_rng(0)

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add the finite numbers of `values`.

        For a large data set, only a random part of the numbers is added.
        """
        values = values.reshape(-1)
        if np.issubdtype(values.dtype, np.floating):
            values = values[np.isfinite(values)]
        if not values.size:
            return
        self.least = min(self.least, float(values.min()))
        self.most = max(self.most, float(values.max()))
        if self.share < 1:
            size = max(1, round(values.size * self.share))
            values = values[self._random.integers(0, values.size, size)]
        self._parts.append(values)
        self._count += values.size
        if self._count > 2 * _MOST_VALUES:
            values = np.concatenate(self._parts)
            # Keep a random half. Every second number could be every second column of a picture.
            self._parts = [values[self._random.random(values.size) < 0.5]]
            self._count = self._parts[0].size
            self.share /= 2

    def range(self, asked: Range | Full | None = None) -> Range:
        """Return the range of the sampled numbers. Raises ItemError if there is no finite number.

        `asked` is the option --range: a range, or "full" for the range of the number type. If
        `asked` is None, the range follows from the numbers. If the numbers fill a usual range
        (fractions from 0 to 1, 8 bits, 16 bits), this range is returned. A number that many pixels
        share, and that is far from all other numbers, means "no value", and is left out.
        """
        if asked is not None and asked != "full":
            return asked
        if not self._parts:
            raise ItemError("the pictures hold no finite number")
        if asked == "full":
            return self._full()
        values = self._measured(np.concatenate(self._parts))
        low, high = (float(v) for v in np.quantile(values, QUANTILES))
        usual = self._usual(low, high)
        if usual is not None:
            return 0.0, usual
        if low == high:  # nearly all numbers are equal, so the quantiles are equal too
            low, high = self.least, self.most
        if low == high:
            top = next((top for top in USUAL_TOPS if 0 <= high <= top), high + 1)
            return (0.0, top) if 0 <= high <= top else (low, low + 1)
        return low, high

    def _measured(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return `values` without the numbers, such as -9999, that stand for a missing value."""
        self.marks = []
        for mark in (float(values.min()), float(values.max())):
            rest = values[values != mark]
            if rest.size == 0 or rest.size > (1 - _MARKED) * values.size:
                continue
            least, most = float(rest.min()), float(rest.max())
            gap = max(least - mark, mark - most)
            unusual = mark < 0 or mark > USUAL_TOPS[-1]
            if unusual and gap > (most - least) * (0.25 if mark in _NO_VALUES else 1) > 0:
                self.marks.append(mark)
                values = rest
        return values

    def _usual(self, low: float, high: float) -> float | None:
        """Return the top of the usual range (0 to 1, 255 or 65,535) that the numbers fill.

        Returns None if the numbers fill no usual range.

        If numbers of 16 bits leave the darkest tenth of a range empty, they have an offset, such as
        that of a sensor, and do not fill the range.
        """
        for top in USUAL_TOPS[0 if np.issubdtype(self.dtype, np.floating) else 1 :]:
            inside = self.least >= 0 and self.most <= top and self.dtype.itemsize != 2
            if top / 2 <= high <= top and low >= 0 and (low <= top / 10 or inside):
                return top
        return None

    def _full(self) -> Range:
        if self.dtype in (np.dtype(np.uint16), np.dtype(np.int16)):
            info = np.iinfo(self.dtype)
            return float(info.min), float(info.max)
        if np.issubdtype(self.dtype, np.floating) and self.least >= 0 and self.most <= 1:
            return 0.0, 1.0
        return self.least, max(self.most, self.least + 1e-12)


class Spans:
    """The ranges of single pictures of a data set."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float, float]] = []
        """Quantiles (0.01, 0.5 and 0.99) of the numbers of each picture that is not uniform."""

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add a picture, or one channel of a picture."""
        values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if values.size:
            low, middle, high = (float(v) for v in np.quantile(values, (0.01, 0.5, 0.99)))
            if low < high:
                self.spans.append((low, middle, high))

    def lost(self, scale: Range) -> list[Range]:
        """Return the ranges of the pictures that look almost uniform when `scale` becomes 0 to 255.

        The range of such a picture covers a small part of `scale`, or the median of the picture is
        outside `scale` by more than the width of `scale`. Empty if there are few such pictures.
        """
        low, high = scale
        width = high - low
        found = [
            (least, most)
            for least, middle, most in self.spans
            if min(most, high) - max(least, low) < _LOST * width
            or max(low - middle, middle - high) > width
        ]
        return found if len(found) > _MOST_LOST * len(self.spans) else []


def own_range(values: npt.NDArray[Any]) -> Range:
    """Return the range of one picture. Raises ItemError if the picture holds no finite number."""
    sample = ValueSample(values.dtype, values.size)
    sample.add(values)
    return sample.range()


def to_bytes(values: npt.NDArray[Any], scale: Range) -> npt.NDArray[np.uint8]:
    """Return the numbers as uint8.

    `scale` becomes 0 to 255. Numbers outside of `scale` are clipped. NaN, which marks pixels
    without a measurement, becomes 0.
    """
    if values.dtype == np.uint16:
        return _table(scale)[values]
    kind = np.float32 if values.dtype.itemsize <= 2 or values.dtype == np.float32 else np.float64
    scaled = (values.astype(kind) - kind(scale[0])) * kind(255 / (scale[1] - scale[0]))
    return (
        np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
        .round()
        .clip(0, 255)
        .astype(np.uint8)
    )


@lru_cache(maxsize=16)
def _table(scale: Range) -> npt.NDArray[np.uint8]:
    """Return the byte for each 16-bit number, (65536,). A look-up is faster than a computation."""
    numbers = np.arange(1 << 16, dtype=np.float64)
    scaled = (numbers - scale[0]) * (255 / (scale[1] - scale[0]))
    return scaled.round().clip(0, 255).astype(np.uint8)
