"""Allowed ranges of numbers in a configuration, as metadata of `typing.Annotated`.

This module does not import torch.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The range of a number, or of each number of a tuple."""

    low: float
    """Lowest value."""
    high: float = math.inf
    """Highest value. A number without a highest value has to be finite."""
    above: bool = False
    """Whether the value has to be above `low`, so that `low` itself is not allowed."""
    most: int = 0
    """Highest number of values of a tuple. The lowest number is 1."""

    def allows(self, value: float) -> bool:
        """Return whether `value` is in the range. NaN and infinity are in no range."""
        return (self.low < value if self.above else self.low <= value) and (
            value <= self.high and math.isfinite(value)
        )

    def __str__(self) -> str:
        """Return the range in words, for example "above 0 and at most 1"."""
        if self.above:
            end = "" if math.isinf(self.high) else f" and at most {number_text(self.high)}"
            return f"above {number_text(self.low)}{end}"
        if math.isinf(self.high):
            return f"{number_text(self.low)} or more"
        return f"{number_text(self.low)} to {number_text(self.high)}"


class Adjustable:
    """Marks a value that can change during training. All others are fixed when it starts."""


class InSessions:
    """Marks a value that only sessions use. Trainings without a screen, such as bakes, ignore
    it."""


ADJUSTABLE = Adjustable()
IN_SESSIONS = InSessions()


def number_text(value: float) -> str:
    """Return `value` for messages, for example "1,000,000" or "0.3"."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1000 else f"{value:g}"
