"""Options of a data set for picture files of more than 8 bits, many channels or several planes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lodespace.items.value_range import Range

Planes = Literal["first", "middle", "max"]
"""Which plane of a stack is read: the first, the middle, or the maximum over all planes."""
PLANES: tuple[Planes, ...] = ("first", "middle", "max")
MAX_CHANNELS = 3
"""Largest number of channels that are composed into one picture."""
MOST_STATED = 1024
"""Largest channel number that the details of a data set or an option can state."""


@dataclass(frozen=True)
class PictureReading:
    """How a file with numbers of more than 8 bits, with channels or with planes becomes a picture.

    The data set stores this record in its `details`, so that pictures on hover cards and new items
    are read in the same way.
    """

    ranges: tuple[Range, ...] = ()
    """Pairs of the numbers that become black and white: one for all channels, or one per channel.

    Empty: each picture has its own range.
    """
    channels: tuple[int, ...] | None = None
    """Numbers of the channels that are read, at most 3. None: the first three."""
    planes: Planes | None = None
    """Which plane of a stack is read. None: the middle plane in depth, and the first plane along
    other axes.
    """

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "PictureReading":
        """Return how pictures are read according to the details of a data set.

        Values that are not valid are ignored, because another person may have written the details.
        """
        planes: Planes | None = next(
            (name for name in PLANES if name == details.get("planes")), None
        )
        return cls(_ranges(details.get("stretched_from")), _channels(details), planes)

    def details(self) -> dict[str, Any]:
        """Return the record as JSON values, for the details of a data set. `of` is the inverse."""
        out: dict[str, Any] = {}
        if self.ranges:
            pairs = [list(pair) for pair in self.ranges]
            out["stretched_from"] = pairs[0] if len(pairs) == 1 else pairs
        if self.channels is not None:
            out["channels"] = list(self.channels)
        if self.planes is not None:
            out["planes"] = self.planes
        return out

    def range_of(self, channel: int) -> Range | None:
        """Return the range of a channel; `channel` is its index among the channels that are read.

        Return None if the range is computed from the channel itself.
        """
        if not self.ranges:
            return None
        return self.ranges[min(channel, len(self.ranges) - 1)]


def _ranges(stated: Any) -> tuple[Range, ...]:
    pairs = stated if isinstance(stated, list | tuple) else ()
    if len(pairs) == 2 and all(_is_number(value) for value in pairs):
        pairs = [pairs]
    found: list[Range] = []
    for pair in pairs[:MAX_CHANNELS]:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return ()
        low, high = pair
        if not (_is_number(low) and _is_number(high) and low < high):
            return ()
        found.append((float(low), float(high)))
    return tuple(found)


def _channels(details: Mapping[str, Any]) -> tuple[int, ...] | None:
    stated = details.get("channels")
    if not isinstance(stated, list | tuple) or not 0 < len(stated) <= MAX_CHANNELS:
        return None
    numbers = [n for n in stated if type(n) is int and 0 <= n < MOST_STATED]
    return tuple(numbers) if len(numbers) == len(stated) else None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    )
