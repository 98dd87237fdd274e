"""The labels in the cells of a table of annotations."""

from collections.abc import Iterable
from typing import Any

from lodespace.importing.finding import Finding
from lodespace.importing.label_text import LabelReader, bars_separate

_LONGEST = 10_000
"""A cell with labels is cut to this number of characters."""
_SHORT = 200
"""Longest text, in characters, that is cached with its labels. Short texts often repeat."""
_MOST_KNOWN = 10_000
_EXPORTED = frozenset({"item", "id", "label", "class_id", "labelled_by", "labelled_at", "gesture"})
"""Columns of our own exports (exporting/table.py)."""


class LabelCells:
    """Reads the labels in cells: one label, a list, the text of a list, or "a|b"."""

    def __init__(self, missing: str | None = None, marks: str = "") -> None:
        """Set how cells are read.

        Args:
            missing: Texts that mean a missing value, separated by commas. None: NaN, NA, None and
                the like.
            marks: Characters that separate labels.
        """
        self._read = LabelReader(missing, marks)
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, cell: Any) -> tuple[str, ...]:
        """Return the labels in a cell, in order. Texts that mean a missing value are left out."""
        if not isinstance(cell, str):
            return tuple(self._read(cell))
        labels = self._known.get(cell)
        if labels is None:
            labels = tuple(self._read(" ".join(cell[:_LONGEST].split())))
            # `_read` counts the texts without a label, so it has to read each of them.
            if labels and len(cell) <= _SHORT and len(self._known) < _MOST_KNOWN:
                self._known[cell] = labels
        return labels

    def findings(self) -> list[Finding]:
        """Findings on texts that were read as missing values, and on labels that contain a bar."""
        return [*self._read.left_out(), *self._read.bars()]


class ExactCells(LabelCells):
    """Reads the labels in our own exports, where each text is the name of a class."""

    def __init__(self) -> None:
        super().__init__("")

    def __call__(self, cell: Any) -> tuple[str, ...]:
        return (cell,) if isinstance(cell, str) and cell else ()


def bar_in(cells: Iterable[Any]) -> str:
    """Return "|" if it separates several labels in `cells` (`bars_separate`), or else ""."""
    return "|" if bars_separate(cell for cell in cells if isinstance(cell, str)) else ""


def is_export(names: Iterable[str]) -> bool:
    """Whether a table with the columns `names` is an export of a project."""
    return set(names) >= _EXPORTED
