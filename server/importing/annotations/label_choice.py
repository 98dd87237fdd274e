"""The column of a table of annotations that holds the labels."""

import re
from collections.abc import Sequence
from typing import Any

from lodespace.importing.annotations.column_names import LABEL_WORDS, Columns, plain_name
from lodespace.importing.annotations.label_cells import LabelCells
from lodespace.importing.label_text import MISSING, name_of
from lodespace.importing.tables.table_rows import Row

_LONGEST = 10_000
"""Largest number of characters of a cell with labels."""
_MOST_DISTINCT = 0.5
"""Largest number of different values per row in a column that may hold labels."""


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


def proposed_labels(columns: Columns, first: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that may have labels although their names are not usual, the best first.

    Such a column has few different values, which are not fractions. If there is no such column,
    all columns without another meaning are returned.

    Args:
        columns: The columns of the table.
        first: The first rows of the table.
    """
    may_be = [name for name in columns.unused if _may_be_label([row.get(name) for row in first])]
    may_be.sort(key=lambda name: not set(plain_name(name)[0].split("_")) & LABEL_WORDS)
    return tuple(may_be or columns.unused)


def _may_be_label(cells: Sequence[Any]) -> bool:
    texts = [text for text in map(label_text, cells) if text]
    if any(re.fullmatch(r"[-+]?[0-9]*[.,][0-9]*[1-9]", text) for text in texts):
        return False
    return 1 < len(set(texts)) <= max(2, _MOST_DISTINCT * len(texts))


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
