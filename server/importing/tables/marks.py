"""Table cells that mark a class as present or absent: 0 and 1, x, yes, shares that sum to 1."""

import math
from collections.abc import Sequence
from typing import Any

from lodespace.importing.tables.cells import number_of

PRESENT = frozenset({"x", "✓", "✔", "☑", "yes", "y", "true", "ja", "oui", "si", "sí", "+"})
"""Texts that mark a class as present, in lower case. The number 1 does the same."""
ABSENT = frozenset({"", "no", "n", "false", "nein", "non", "-", "✗", "☐"})
"""Texts that mark a class as absent, in lower case. The number 0 does the same."""
_LARGEST_ERROR = 0.02
"""Largest difference between the sum of shares and 1. Shares may be rounded to two digits."""


def is_mark(cell: Any) -> bool | None:
    """Whether a cell marks a class as present; None if the cell is not a mark.

    An empty cell marks a class as absent.
    """
    if isinstance(cell, str):
        text = cell.strip().lower()
        if text in PRESENT:
            return True
        if text in ABSENT:
            return False
    number = number_of(cell)
    if number is None:
        return None
    if math.isnan(number):
        return False
    return number == 1 if number in (0, 1) else None


def are_marks(cells: Sequence[Any]) -> bool:
    """Whether all cells are marks, some of them of a present class and some of an absent class.

    In a column of numbers, all marks may be equal. A column in which each cell is x is not a column
    of marks, because it does not distinguish items.
    """
    marks = [is_mark(cell) for cell in cells]
    if any(mark is None for mark in marks):
        return False
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    numbers = bool(filled) and all(number_of(cell) is not None for cell in filled)
    return numbers or (any(marks) and not all(marks))


def are_shares(rows: Sequence[Sequence[Any]], *, whole: bool = True) -> bool:
    """Whether all cells are shares: numbers from 0 to 1.

    If `whole` is true, each row must also sum to 1, and at least one cell must be neither 0 nor 1.
    """
    fractions = False
    for row in rows:
        numbers = [number_of(cell) for cell in row]
        known = [n for n in numbers if n is not None and not math.isnan(n)]
        if len(known) < len(numbers) or not all(0 <= n <= 1 for n in known):
            return False
        if whole and abs(sum(known) - 1) > _LARGEST_ERROR:
            return False
        fractions |= any(n not in (0, 1) for n in known)
    return bool(rows) and (fractions or not whole)
