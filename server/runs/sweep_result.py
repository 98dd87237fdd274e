"""Results of a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lodespace.runs.grid import Grid, Point


@dataclass(frozen=True)
class Result:
    """One run of a sweep."""

    point: Point
    """The settings in which the run differs from the others."""
    folder: str
    """Folder of the run, relative to the folder of the sweep."""
    state: Literal["finished", "failed", "missing"]
    """"finished", "failed" or "missing". A missing run has not been done yet."""
    measures: dict[str, Any] = field(default_factory=dict)
    """Measures of a finished run (measures.py)."""
    error: str = ""
    """Reason for the failure; "" if there was no failure."""


@dataclass(frozen=True)
class Sweep:
    """A sweep in a folder."""

    folder: Path
    """Folder of the sweep."""
    name: str
    """Name of the data."""
    grid: Grid
    """Values and seeds."""
    results: Sequence[Result]
    """All runs, in the order of the grid."""

    @property
    def failed(self) -> int:
        """Number of runs that failed."""
        return sum(result.state == "failed" for result in self.results)
