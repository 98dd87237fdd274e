"""The columns of a table that hold labels: one column, or one column per class."""

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lodespace.importing.finding import Finding
from lodespace.importing.label_text import bars_separate
from lodespace.importing.tables import column_names
from lodespace.importing.tables.cells import number_of
from lodespace.importing.tables.column_names import plain
from lodespace.importing.tables.later_labels import (
    are_labels,
    labels_further_down,
    numbers_at_edge,
)
from lodespace.importing.tables.marks import are_marks, are_shares, is_mark
from lodespace.importing.tables.pixel_rows import has_label_first
from lodespace.importing.tables.table_rows import Row, Rows, short

_X = re.compile(r"(.*[\[(])?x", re.DOTALL)
"""Pattern of the name of a column with x coordinates, such as x or `Bbox [x`."""
_ONE_EACH = 0.8
"""Columns of 0 and 1 are taken for classes if at least this share of the rows has exactly one 1."""
_MOST_DISTINCT = 0.5
"""A column with more distinct values per row than this does not hold labels."""


@dataclass
class LabelColumns:
    """Where the labels of a table are."""

    column: str | None = None
    """Column with a label per cell."""
    one_hot: tuple[str, ...] = ()
    """Columns that each stand for one class.

    An item with a mark in such a column has the class that the column is named after.
    """
    shares: bool = False
    """Whether the columns of `one_hot` have shares instead of marks.

    The class of an item is the column with the largest share.
    """
    separators: str = "|"
    """Characters between several labels in a cell."""
    findings: list[Finding] = field(default_factory=list)
    instead: str = ""
    """Option that names another column, as a proposal if `column` has no label.

    Empty if there is no such column.
    """

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns that are not stored with the items: the column with the labels, if there
        is one.
        """
        return () if self.column is None else (self.column,)

    def value(self, row: Row) -> Any:
        """Return the label of a row, or a list of labels."""
        if self.column is not None:
            return row.get(self.column)
        if self.shares:
            numbers = {name: number_of(row.get(name)) for name in self.one_hot}
            known = {name: n for name, n in numbers.items() if n is not None and n == n}
            return max(known, key=known.__getitem__) if known else None
        return [name for name in self.one_hot if is_mark(row.get(name))]


class HasColumns(Protocol):
    """The columns of a table with their first cells (columns.py)."""

    name: str
    rows: Rows
    first: Sequence[Row]
    cells: Callable[[str], list[Any]]
    asked: Callable[[str], str]
    usual: Callable[[Sequence[str]], list[str]]
    matching: Callable[[str], tuple[str, ...]]
    numeric: Callable[[Collection[str | None]], list[str]]


def choose_labels(
    columns: HasColumns, asked: str | None, taken: Collection[str | None]
) -> LabelColumns:
    """Choose the columns with labels.

    Args:
        columns: The columns of the table.
        asked: Value of --label: a column, or a pattern of columns with 0 and 1. None: the columns
            are chosen here.
        taken: Columns that have another role.

    Raises:
        DatasetError: There is no column `asked`.
    """
    if asked is not None:
        if asked not in columns.rows.columns and column_names.is_pattern(asked):
            return _of_classes(columns, columns.matching(asked))
        return _of_column(columns, columns.asked(asked), [])
    named = [c for c in usual_labels(columns) if c not in taken]
    strong = [c for c in named if plain(c) in column_names.LABEL_NAMES]
    more = [c for c in named if c not in strong]
    if strong or more:
        named = [c for c in [*strong, *more] if columns.cells(c)] or [*strong, *more]
        chosen = _readable(columns, named)
        if _may_be_position(columns, chosen):
            return _of_position(columns, chosen)
        found = _of_column(columns, chosen, [c for c in named if c != chosen])
        empty = [c for c in (*strong, *more) if c != chosen and not columns.cells(c)]
        if empty and columns.cells(chosen):
            text = f"; {_called(empty[0])} is empty in the first rows, and is not used"
            found.findings = [replace(f, text=f.text + text) for f in found.findings]
        others = (c for c in columns.rows.columns if c not in (*taken, *named))
        other = next((c for c in others if _may_be_label(columns, c)), None)
        found.instead = f"--label {_quoted(other)}" if other is not None else ""
        return found
    found = _one_hot(columns, taken)
    if found is not None:
        return found
    free = [c for c in columns.rows.columns if c not in taken]
    candidates = [c for c in free if _may_be_label(columns, c)]
    candidates = candidates or labels_further_down(columns.rows, columns.cells, free)
    if not columns.rows.has_names and has_label_first(columns.rows.width):
        candidates = [c for c in candidates if c == columns.rows.columns[0]]
    if len(candidates) == 1 and (not columns.rows.has_names or columns.rows.width == 2):
        found = _of_column(columns, candidates[0], [])
        text = f"from {_called(candidates[0])}, the only column that may hold labels"
        found.findings = [Finding("labels", text, doubtful=True, option="--labels none")]
        return found
    candidates.sort(key=column_names.numbers_groups)
    if not candidates:
        return LabelColumns(
            findings=[numbers_at_edge(columns.rows, columns.cells) or _none(columns, taken)]
        )
    option = f"--label {_quoted(candidates[0])}"
    text = "no column has a usual name for labels"
    if len(candidates) > 1:
        text += f"; {', '.join(map(short, candidates[1:7]))} may also hold labels"
    return LabelColumns(findings=[Finding("labels", text, doubtful=True, option=option)])


def _none(columns: HasColumns, taken: Collection[str | None]) -> Finding:
    """Return the finding that no column has labels.

    The finding is doubtful if a column with a usual name for labels has fractions. A column y
    beside a column x is an exception, because the two are positions.
    """
    named = [column for column in columns.usual(column_names.LABEL_NAMES) if column not in taken]
    unused = [column for column in named if not _may_be_position(columns, column)]
    if not unused:
        return Finding("labels", "no column has labels")
    text = f"{_called(unused[0])} has fractions of which most differ, and is not used as labels"
    return Finding("labels", text, doubtful=True, option=f"--label {_quoted(unused[0])}")


def usual_labels(columns: HasColumns) -> list[str]:
    """Return the columns with usual names of labels, without columns of fractions.

    A column y with numbers beside a column x may be a position. Such a column y is left out if
    other columns remain.
    """
    found = [
        column
        for column in columns.usual((*column_names.LABEL_NAMES, *column_names.MORE_LABELS))
        if not _are_fractions(columns.cells(column))
    ]
    others = [column for column in found if not _may_be_position(columns, column)]
    return others or found


def _may_be_position(columns: HasColumns, column: str) -> bool:
    """Whether the column is named y, and both it and a column named x contain only numbers.

    The column named x can also be `Bbox [x`, because the header `Bbox [x,y,w,h]` of a CSV file is
    read as the names of four columns.
    """
    if plain(column) != "y":
        return False
    beside = [other for other in columns.rows.columns if _X.fullmatch(plain(other))]
    cells = [cell for name in (*beside, column) for cell in columns.cells(name)]
    return bool(beside) and all(number_of(cell) is not None for cell in cells)


def _are_fractions(cells: Sequence[Any]) -> bool:
    """Whether the cells are mostly distinct numbers, of which some are not whole."""
    numbers = [number_of(cell) for cell in cells]
    if any(number is None for number in numbers):
        return False
    whole = all(n is None or not math.isfinite(n) or n.is_integer() for n in numbers)
    return not whole and len(set(numbers)) > max(2, _MOST_DISTINCT * len(numbers))


def _of_column(columns: HasColumns, column: str, others: Sequence[str]) -> LabelColumns:
    option = f"--label {_quoted(others[0])}" if others else ""
    unsure = plain(column) not in column_names.LABEL_NAMES and bool(others)
    finding = Finding("labels", f"from {_called(column)}", doubtful=unsure, option=option)
    separators = _separators(column, columns.cells(column))
    return LabelColumns(column, separators=separators, findings=[finding])


def _of_position(columns: HasColumns, column: str) -> LabelColumns:
    """Return the labels in a column y as doubtful, because y may be a position if there is a column
    x."""
    named = (*column_names.LABEL_NAMES, *column_names.MORE_LABELS)
    texts = [
        other
        for other in columns.rows.columns
        if plain(other) not in named
        and _may_be_label(columns, other)
        and any(number_of(cell) is None for cell in columns.cells(other))
    ]
    option = f"--label {_quoted(texts[0])}" if texts else "--labels none"
    text = f"from {_called(column)}, which may be a position beside x"
    return LabelColumns(column, findings=[Finding("labels", text, doubtful=True, option=option)])


def _readable(columns: HasColumns, named: Sequence[str]) -> str:
    """Return which of the columns `named` to read labels from.

    This is the first column, with one exception: if the first column has numbers and another column
    has a name for each number, labels are read from that other column.
    """
    first = named[0]
    numbers = columns.cells(first)
    if not numbers or any(number_of(cell) is None for cell in numbers):
        return first
    for other in named[1:]:
        pairs = {
            (str(row[first]), str(row[other]))
            for row in columns.first
            if row.get(first) not in (None, "") and row.get(other) not in (None, "")
        }
        texts = any(number_of(cell) is None for cell in columns.cells(other))
        if texts and len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}):
            return other
    return first


def _separators(column: str, cells: Sequence[Any]) -> str:
    """Return the characters that separate several labels in a cell.

    The characters "|", ";" and "," can separate labels. In columns of tags, a space can also
    separate labels.

    A character other than "|" separates labels only if other items confirm it: at least half of the
    parts that it separates must also occur as whole labels of other items.
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    bar = "|" if bars_separate(texts) else ""
    for mark in ";, " if plain(column) in column_names.TAGS else ";,":
        single = {text.strip() for text in texts if mark not in text}
        several = [[part.strip() for part in text.split(mark)] for text in texts if mark in text]
        parts = {part for found in several for part in found}
        if parts and 2 * len(parts & single) >= len(parts):
            return bar + mark
    return bar


def _of_classes(columns: HasColumns, names: tuple[str, ...]) -> LabelColumns:
    """Return the labels in the columns `names` of --label.

    The cells are marks or shares. Shares sum to 1.
    """
    if not are_shares([[row.get(name) for name in names] for row in columns.first]):
        return LabelColumns(one_hot=names)
    text = f"the largest of the columns {', '.join(map(short, names[:6]))}"
    return LabelColumns(one_hot=names, shares=True, findings=[Finding("labels", text)])


def _one_hot(columns: HasColumns, taken: Collection[str | None]) -> LabelColumns | None:
    """Return the columns that each stand for one class.

    A mark in such a column (1, x, yes) gives the item the class. Return None if there are no such
    columns.

    Columns with shares that sum to 1 per row are only proposed for `--label` (`_shares`).
    """
    marked = [
        column
        for column in columns.rows.columns
        if column not in taken
        and are_marks([row.get(column) for row in columns.first])
        and not column_names.split_of_file(column)
        and not column_names.numbers_groups(column)
    ]
    if len(marked) < 2:
        return _shares(columns, taken)
    ones = [sum(is_mark(row.get(c)) is True for c in marked) for row in columns.first]
    how = "0 and 1" if all(map(_has_numbers, map(columns.cells, marked))) else "marks"
    if ones.count(1) >= _ONE_EACH * len(ones):
        text = f"from the columns with {how}: {', '.join(map(short, marked[:6]))}"
        text += ", ..." if len(marked) > 6 else ""
        return LabelColumns(one_hot=tuple(marked), findings=[Finding("labels", text)])
    text = f"no column has labels, but {len(marked)} columns have {how} for each item"
    text += f"; --label {_quoted(marked[0])} reads one of them"
    option = f"--label {_quoted(','.join(marked[:20]))}"
    return LabelColumns(findings=[Finding("labels", text, doubtful=True, option=option)])


def _has_numbers(cells: Sequence[Any]) -> bool:
    return all(number_of(cell) is not None for cell in cells)


def _shares(columns: HasColumns, taken: Collection[str | None]) -> LabelColumns | None:
    """Propose columns with shares that sum to 1 per row, such as probabilities.

    Return None if there are no such columns.
    """
    names = [
        column
        for column in columns.numeric(taken)
        if are_shares([[cell] for cell in columns.cells(column)], whole=False)
    ]
    if len(names) < 2 or not are_shares([[row.get(n) for n in names] for row in columns.first]):
        return None
    text = f"no column has labels, but {', '.join(map(short, names[:6]))} sum to 1 for each item;"
    text += " the name of the column with the largest number can be the label of a row"
    option = f"--label {_quoted(','.join(names[:20]))}"
    return LabelColumns(findings=[Finding("labels", text, doubtful=True, option=option)])


def _may_be_label(columns: HasColumns, column: str) -> bool:
    """Whether the column has few distinct values, which are not fractions."""
    return are_labels(columns.cells(column))


def _called(column: str) -> str:
    """Return the name of a column, for use in a sentence.

    Unnamed columns are column 1, column 2, ...
    """
    return column if column.startswith("column ") else f"the column {short(column)}"


def _quoted(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"'{text}'"
