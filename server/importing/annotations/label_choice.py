"""The columns of a table of annotations that hold labels: one column, or one column per class."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lodespace.importing.annotations.column_names import LABEL_WORDS, Columns, plain_name
from lodespace.importing.annotations.label_cells import LabelCells
from lodespace.importing.label_text import MISSING, name_of
from lodespace.importing.tables.column_names import is_pattern, matching, split_of_file
from lodespace.importing.tables.later_labels import are_labels
from lodespace.importing.tables.marks import ABSENT, PRESENT
from lodespace.importing.tables.table_rows import Row

_LONGEST = 10_000
"""A cell with a label is cut to this number of characters."""
_ONE_EACH = 0.8
"""Columns of marks are read as one column per class only if most rows have a single mark.

Of the rows with a mark, at least this share must have exactly one mark.
"""
_PRESENT = PRESENT | {"1", "pos"}
"""Marks of a class that is present."""
_MARKS = (frozenset({"0", "1"}), frozenset({"pos", "neg", "unk"}), PRESENT | ABSENT)
"""Sets of marks that state that a class is present, absent or unknown. A column uses one set."""
_ALONE = ({"x"}, {"+"}, {"✓"}, {"✔"}, {"☑"})
"""Marks that say that a class is present, and that may be the only mark in a column.

Such a column stands for a class only if some of its cells are empty.
"""


@dataclass
class LabelChoice:
    """Where the labels of a table are.

    No labels are known if both `column` and `classes` are empty.
    """

    column: str = ""
    """Column with the labels."""
    classes: tuple[str, ...] = ()
    """Columns that each stand for one class.

    A row with a mark (1 or POS) in such a column has the class that the column is named after.
    """
    guessed: bool = False
    """Whether the label column was found by its content, because it has no usual name."""
    proposed: tuple[str, ...] = ()
    """Columns that may hold the labels, if no labels are known. A message proposes them for
    `--label`.
    """

    @property
    def known(self) -> bool:
        """Whether the table has labels."""
        return bool(self.column or self.classes)

    def marked(self, row: Row) -> tuple[str, ...]:
        """Return the columns among `classes` that have a mark in `row`."""
        return tuple(name for name in self.classes if _mark(row.get(name)) in _PRESENT)


def choose_labels(
    columns: Columns,
    asked: str | None,
    names: Sequence[str],
    first: Sequence[Row],
    labels_in: LabelCells,
) -> LabelChoice:
    """Choose one column with labels, or one column per class.

    One column per class is chosen only if three conditions hold. First, the cells are marks (1 and
    0, or POS, NEG and UNK). Second, at least two of the columns have a 1 or POS. Third, most rows
    with a 1 or POS have only one.

    Args:
        columns: The columns of the table.
        asked: Value of `--label`: a column, or a pattern that names one column per class. None:
            the option is not given.
        names: Names of all columns.
        first: The first rows of the table.
        labels_in: Reads the labels in a cell.
    """
    if asked is not None:
        if asked in names:
            return LabelChoice(asked)
        found = matching(names, asked) if is_pattern(asked) else ()
        return LabelChoice(classes=found if any(_has_marks(name, first) for name in found) else ())
    if columns.nameless:
        return LabelChoice(columns.labels[0], guessed=True) if columns.labels else LabelChoice()
    for name in columns.labels:
        if not first or any(labels_in(row.get(name)) for row in first):
            return LabelChoice(name)
    marked = _classes(columns.unused, first)
    if len(marked) > 1 and _one_each(LabelChoice(classes=marked), first):
        return LabelChoice(classes=marked)
    # The column with the labels can have any name. It is recognised as the only column with words.
    words = [
        name
        for name in columns.unused
        if name not in marked and any(_is_word(row.get(name)) for row in first)
    ]
    if columns.timed and len(words) == 1 and len(marked) < 2:
        return LabelChoice(words[0], guessed=True)
    if columns.labels:
        return LabelChoice(columns.labels[0])
    more = proposed_labels([name for name in columns.unused if name not in marked], first)
    if len(marked) == 1:
        return LabelChoice(proposed=(*marked, *more))
    return LabelChoice(proposed=(",".join(marked), *more) if marked else more)


def _mark(cell: Any) -> str:
    return label_text(cell).lower()


def _has_marks(name: str, first: Sequence[Row]) -> bool:
    """Whether each cell of a column states that a class is present, absent or unknown."""
    found = {mark for row in first if (mark := _mark(row.get(name)))}
    if found in _ALONE:
        return not all(_mark(row.get(name)) for row in first)
    return bool(found) and any(found <= marks for marks in _MARKS)


def _classes(unused: Sequence[str], first: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns among `unused` that have marks, and so may each stand for one class.

    A column that has the number of marks of each row is left out.
    """
    marked = [name for name in unused if _has_marks(name, first) and not split_of_file(name)]
    found = LabelChoice(classes=tuple(marked))
    rows = [(row, set(found.marked(row))) for row in first]
    return tuple(
        name
        for name in marked
        if len(marked) < 3
        or any(str(len(present - {name})) != _mark(row.get(name)) for row, present in rows)
    )


def _one_each(choice: LabelChoice, first: Sequence[Row]) -> bool:
    """Whether several classes have marks, and most rows with a mark have only one mark."""
    marked = [found for row in first if (found := choice.marked(row))]
    single = sum(len(found) == 1 for found in marked)
    return len(set(itertools.chain(*marked))) > 1 and single >= _ONE_EACH * len(marked)


def proposed_labels(unused: Sequence[str], first: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that may have labels although their names are not usual.

    Such a column has few distinct values, which are not fractions. The most likely column is the
    first. If there is no such column, all columns `unused` are returned.

    Args:
        unused: Columns without another meaning.
        first: The first rows of the table.
    """
    may_be = [
        name
        for name in unused
        if are_labels([text for row in first if (text := label_text(row.get(name)))])
    ]
    may_be.sort(key=lambda name: not set(plain_name(name)[0].split("_")) & LABEL_WORDS)
    return tuple(may_be or unused)


def _is_word(cell: Any) -> bool:
    text = label_text(cell)
    try:
        float(text)
    except ValueError:
        return bool(text) and any(c.isalpha() for c in text)
    return False


def label_text(cell: Any) -> str:
    """Return the label in a cell, trimmed, or "" for a missing value. The label of 1.0 is "1"."""
    name = name_of(cell)
    return "" if name is None or name in MISSING else " ".join(name[:_LONGEST].split())
