"""The report of an import: how the data were read, and the items that were left out."""

import dataclasses
import time
from dataclasses import dataclass, field
from pathlib import Path

from lodespace.importing.left_out import LeftOut
from lodespace.items.errors import BadItem
from lodespace.items.import_report import as_text
from lodespace.items.paths import printable
from lodespace.protocol import ReportLine

MOST_NAMED = 10_000
"""Largest number of left-out items that the report names. Further items are only counted."""
_LONGEST = 1000
"""Largest number of characters of a name or reason."""


@dataclass
class ImportReport:
    """How the data were read, and the items that were left out of an import."""

    name: str
    """Name of the data set."""
    imported: int = 0
    """Number of imported items."""
    lines: tuple[ReportLine, ...] = ()
    """The lines of the report in their order; empty until the end of the import."""
    bad: list[BadItem] = field(default_factory=list)
    """The first MOST_NAMED left-out items, with reasons."""
    root: Path | None = None
    """Folder from which the imported items may read their original files.

    None: the items have no original files, or they come from a data set that somebody else made.
    """
    began: int = field(default_factory=time.time_ns)
    """Start of the import, in ns since 1970."""
    kinds: LeftOut = field(default_factory=LeftOut)
    """Counts of the left-out files and items by kind."""

    @property
    def left_out(self) -> int:
        """Number of left-out files and items."""
        return self.kinds.count

    def leave_out(self, bad: BadItem) -> None:
        """Count a left-out item, and keep the name and reason of the first MOST_NAMED items.

        Names and reasons are shortened, because a reason may quote a cell of 16 MB.
        """
        short = dataclasses.replace(bad, name=_short(bad.name), reason=_short(bad.reason))
        self.kinds.add(short)
        if len(self.bad) < MOST_NAMED:
            self.bad.append(short)

    def summary(self, *, checked: bool = False) -> str:
        """Return the report as text for a terminal.

        `checked`: whether the data were only checked, not imported (check.py).
        """
        did = "checked" if checked else "imported"
        first = printable(f"{did} {self.imported:,} items of {self.name}\n")
        listed = "The file data/left-out.tsv in the project lists everything that was left out.\n"
        return first + as_text(self.lines) + (listed if self.bad and not checked else "")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
