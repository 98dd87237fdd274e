"""The column of a table of annotations that holds the labels."""

from collections.abc import Sequence
from typing import Any

from lodespace.importing.annotations.column_names import Columns
from lodespace.importing.annotations.label_cells import LabelCells
from lodespace.importing.label_text import MISSING, name_of
from lodespace.importing.tables.table_rows import Row

_LONGEST = 10_000
"""Largest number of characters of a cell with labels."""


def label_column(
    columns: Columns,
    asked: str | None,
    names: Sequence[str],
    first: Sequence[Row],
    labels_in: LabelCells,
) -> tuple[str, bool]:
    """Return the column with the labels ("": none), and whether its name is unusual."""
    if asked is not None:
        return (asked, False) if asked in names else ("", False)
    if columns.nameless:
        return (columns.labels[0], True) if columns.labels else ("", False)
    for name in columns.labels:
        if not first or any(labels_in(row.get(name)) for row in first):
            return name, False
    # People name the column as they like. It is the only one with words.
    words = [name for name in columns.unused if any(_is_word(row.get(name)) for row in first)]
    if columns.timed and len(words) == 1:
        return words[0], True
    return (columns.labels[0], False) if columns.labels else ("", False)


def _is_word(cell: Any) -> bool:
    text = label_text(cell)
    try:
        float(text)
    except ValueError:
        return bool(text) and any(c.isalpha() for c in text)
    return False


def label_text(cell: Any) -> str:
    """The label in a cell, trimmed. Empty for a missing value. The number 1.0 is "1"."""
    name = name_of(cell)
    return "" if name is None or name in MISSING else " ".join(name[:_LONGEST].split())
