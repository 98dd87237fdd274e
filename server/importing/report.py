"""The report of an import: the number of imported items, and the items that were left out."""

from dataclasses import dataclass, field
from pathlib import Path

from lodespace.items.errors import BadItem
from lodespace.items.paths import printable

MOST_NAMED = 10_000
"""Largest number of left-out items that the report names. Further items are only counted."""
_LONGEST = 1000
"""Largest number of characters of a name or reason."""
_SHOWN = 20
"""Largest number of left-out items that are named in the terminal."""


@dataclass
class ImportReport:
    """Number of imported items, and the items that were left out of an import."""

    name: str
    """Name of the data set."""
    imported: int = 0
    """Number of imported items."""
    left_out: int = 0
    """Number of items left out."""
    bad: list[BadItem] = field(default_factory=list)
    """The first MOST_NAMED left-out items, with reasons."""
    root: Path | None = None
    """Folder from which the imported items may read their original files.

    None: the items have no original files, or they come from a data set that somebody else made.
    """

    def leave_out(self, bad: BadItem) -> None:
        """Count a left-out item, and keep the name and reason of the first MOST_NAMED items.

        Names and reasons are shortened: a reason may quote a cell of 16 MB.
        """
        self.left_out += 1
        if len(self.bad) < MOST_NAMED:
            self.bad.append(BadItem(_short(bad.name), _short(bad.reason)))

    def summary(self) -> str:
        """Lines for a terminal: the number of imported items, and the first items left out."""
        lines = [f"imported {self.imported:,} items of {self.name}"]
        if self.bad:
            lines.append(f"left out {self.left_out:,}:")
            lines += [f"  {bad.name}: {bad.reason}" for bad in self.bad[:_SHOWN]]
        if self.left_out > _SHOWN:
            more = self.left_out - _SHOWN
            lines.append(f"  and {more:,} more, listed in data/left-out.tsv of the project")
        return printable("\n".join(lines)) + "\n"

    def as_table(self) -> str:
        """One line per left-out item: name and reason, separated by a tab."""
        return "".join(f"{_cell(bad.name)}\t{_cell(bad.reason)}\n" for bad in self.bad)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _cell(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
