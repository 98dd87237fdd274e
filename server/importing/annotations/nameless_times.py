"""The times in a table whose columns have no names: start and end, or start and duration."""

import itertools
from collections.abc import Iterable, Sequence

from lodespace.importing.finding import Finding

_MANY = 0.1
"""The second number is a duration if it is smaller than the first in at least this share of rows.

An end is never before its start, except by mistake.
"""


class NamelessTimes:
    """Two numbers per row: a start, and either an end or a duration, in seconds."""

    def __init__(self, pairs: Sequence[tuple[float, float]], durations: bool | None) -> None:
        """Compare the two numbers of each row.

        Args:
            pairs: Both numbers, per row.
            durations: Whether the second number is a duration. None: decided from the numbers.
        """
        self.rows = len(pairs)
        """Number of rows."""
        self.shorter = sum(second < first for first, second in pairs)
        """Number of rows in which the second number is smaller than the first."""
        self.durations = are_durations([self]) if durations is None else durations
        """Whether the second number is a duration."""
        self._unclear = all(
            later < first or first + second <= later
            for (first, second), (later, _) in itertools.pairwise(pairs)
        )
        """Whether the second number may be a duration.

        It may be a duration if the parts of the recording then do not overlap.
        """

    def finding(self) -> Finding:
        """Return a finding that states how the second number is read."""
        text = "tables without names of columns: the second number is read as "
        if self.durations:
            text += "the duration, because it is smaller than the first in many rows"
            return Finding("labels", text)
        text += "the end"
        if self._unclear:
            text += "; if it is the duration, begin the table with the line start,duration,label"
        return Finding("labels", text, doubtful=self._unclear)


def are_durations(tables: Iterable[NamelessTimes]) -> bool:
    """Whether the second number in several tables of the same data set is a duration."""
    found = list(tables)
    rows = sum(times.rows for times in found)
    return sum(times.shorter for times in found) >= max(1, _MANY * rows)
