"""The labels that the first rows of a table do not show, because the rows are sorted by class."""

import itertools
import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

from lodespace.importing.finding import Finding
from lodespace.importing.label_text import name_of
from lodespace.importing.tables.cells import number_of
from lodespace.importing.tables.table_rows import Rows
from lodespace.items.errors import BadItem

Cells = Callable[[str], list[Any]]
"""Function that returns the first cells of a column, without empty cells."""
_LOOKED_AT = 20_000
"""Largest number of rows in which further labels are sought."""
_MOST_NUMBERS = 50
"""Largest number of distinct whole numbers in a column that may have class numbers."""
_LEAST_EACH = 5
"""A column may have class numbers only if it has at least this number of cells per number."""
_MOST_DISTINCT = 0.5
"""A column may hold labels only if it has at most this number of distinct values per cell."""


def labels_further_down(rows: Rows, cells: Cells, free: Sequence[str]) -> list[str]:
    """Return the columns among `free` that have a single text in the first rows, and other texts
    later."""
    constant = [column for column in free if _is_one_text(cells(column))]
    later = _cells_further_down(rows, constant) if constant else {}
    return [column for column in constant if are_labels(later[column])]


def numbers_at_edge(rows: Rows, cells: Cells) -> Finding | None:
    """Return a finding if the first or last column may have class numbers.

    The finding is only for a table without column names.
    """
    names = rows.columns
    if rows.has_names or len(names) < 3:
        return None
    for column in (names[0], names[-1]):
        others = [cells(name) for name in names if name != column]
        if not _have_fractions(others) or not _may_number_classes(
            _cells_further_down(rows, [column])[column]
        ):
            continue
        text = f"{column} is in the vector, but has few whole numbers, which may be classes"
        return Finding("labels", text, doubtful=True, option=f"--label '{column}'")
    return None


def are_labels(cells: Sequence[Any]) -> bool:
    """Whether the cells have few distinct values, which are not fractions."""
    if not cells or not all(isinstance(cell, str | int) for cell in cells):
        return False
    names = [name_of(cell) for cell in cells]
    numbers = [number_of(cell) for cell in cells]
    if any(n is not None and math.isfinite(n) and not n.is_integer() for n in numbers):
        return False
    distinct = len(set(names))
    return 1 < distinct <= max(2, _MOST_DISTINCT * len(names))


def _cells_further_down(rows: Rows, names: Collection[str]) -> dict[str, list[Any]]:
    """Return, per column in `names`, the non-empty cells of the first _LOOKED_AT rows.

    The columns were found from fewer rows.
    """
    found: dict[str, list[Any]] = {name: [] for name in names}
    for row in itertools.islice(rows, _LOOKED_AT):
        if isinstance(row, BadItem):
            continue
        for name, cells in found.items():
            cell = row[1].get(name)
            if cell is not None and cell != "":
                cells.append(cell)
    return found


def _is_one_text(cells: Sequence[Any]) -> bool:
    """Whether all cells hold the same text, and the text is not a number."""
    if not cells or not all(isinstance(cell, str) for cell in cells):
        return False
    return len({name_of(cell) for cell in cells}) == 1 and number_of(cells[0]) is None


def _may_number_classes(cells: Sequence[Any]) -> bool:
    """Whether the cells have few distinct whole numbers, each in several rows on average."""
    numbers = [number_of(cell) for cell in cells]
    if any(n is None or not math.isfinite(n) or not n.is_integer() for n in numbers):
        return False
    distinct = len(set(numbers))
    return 1 < distinct <= min(_MOST_NUMBERS, len(numbers) / _LEAST_EACH)


def _have_fractions(columns: Sequence[Sequence[Any]]) -> bool:
    """Whether at least half of the columns have a number with a fraction."""
    numbers = [[number_of(cell) for cell in cells] for cells in columns]
    having = sum(
        any(n is not None and math.isfinite(n) and not n.is_integer() for n in of_column)
        for of_column in numbers
    )
    return bool(columns) and 2 * having >= len(columns)
