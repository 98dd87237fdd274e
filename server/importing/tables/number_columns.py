"""Choice of the columns of numbers that together form the vectors of a table."""

import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables import column_names
from lodespace.importing.tables.cells import (
    has_decimal_comma,
    has_decimal_point,
    is_grouped,
    may_be_grouped,
    number_of,
)
from lodespace.importing.tables.column_names import plain
from lodespace.importing.tables.label_columns import HasColumns, usual_labels
from lodespace.importing.tables.pixel_rows import has_label_first
from lodespace.importing.tables.table_rows import short

_LONGEST_OPTION = 300
"""Largest number of characters of an option that names each column of a vector."""
_MOST_NAMED = 8
"""Largest number of columns that a message names."""


def choose_numbers(
    columns: HasColumns, options: ImportOptions, taken: Collection[str | None]
) -> tuple[tuple[str, ...], list[Finding]]:
    """Choose columns of numbers as the vector, for a table without a column of pictures or vectors.

    Args:
        columns: The columns of the table.
        options: `label` and `id` name columns that are not part of the vector.
        taken: Columns that have another role.

    Returns:
        The columns and the findings. The columns are () if fewer than two columns can be chosen.
    """
    without = {*_ids_and_labels(columns, options), *taken}
    unclear = _unclear(columns, without)
    without |= unclear.keys()
    numeric = [c for c in columns.numeric(without) if not plain(c).startswith("unnamed:")]
    families: dict[str, list[str]] = {}
    for column in numeric:
        if re.search(r"\d", column):
            families.setdefault(re.sub(r"\d+", "#", column), []).append(column)
    largest = max(families.values(), key=len, default=[])
    chosen = largest if len(largest) > 2 and 2 * len(largest) >= len(numeric) else numeric
    findings: list[Finding] = []
    if len(chosen) > 1:
        pattern = next((key for key, value in families.items() if value is chosen), None)
        named = pattern is not None and pattern.strip("#. ")
        example = pattern.replace("#", "*") if pattern and named else ""
        names = ", ".join([short(c) for c in chosen[:3]] + (["..."] if len(chosen) > 3 else []))
        text = f"{len(chosen):,} columns of numbers are the vector ({names})"
        option = f"--vector {_pattern_of(columns, options, chosen, example)}"
        findings.append(Finding("columns", text, doubtful=True, option=option))
    if unclear:
        cell = next(iter(unclear.values()))
        names = ", ".join(map(short, list(unclear)[:_MOST_NAMED]))
        text = f"not in the vector: {names}; numbers such as {cell} may have a separator of "
        text += "thousands: write them as 1004.5"
        findings.append(Finding("columns", text, doubtful=True))
    return (tuple(chosen) if len(chosen) > 1 else ()), findings


def columns_of_pattern(
    columns: HasColumns, options: ImportOptions, pattern: str
) -> tuple[tuple[str, ...], list[Finding]]:
    """Return the columns of the vector that a pattern such as 'dim_*' or 'a,b,c' names.

    A column with ids, labels or text is left out if it only fits a wildcard. It is kept if the
    pattern contains the whole name of the column. A finding names the columns that are left out.
    Raises DatasetError if no column fits.
    """
    fitting = columns.matching(pattern)
    named = {piece.strip() for piece in pattern.split(",")}
    apart = _ids_and_labels(columns, options)
    left = [
        column
        for column in fitting
        if column not in named and (column in apart or _is_text(columns.cells(column)))
    ]
    chosen = tuple(column for column in fitting if column not in left)
    if not left or not chosen:
        return fitting, []
    names = ", ".join(map(short, left[:_MOST_NAMED]))
    text = f"not in the vector, because they hold ids, labels or text: {names}"
    return chosen, [Finding("columns", text + (", ..." if len(left) > _MOST_NAMED else ""))]


def _ids_and_labels(columns: HasColumns, options: ImportOptions) -> set[str]:
    """Return the columns that have ids or labels, as their names or the options state."""
    found = {*usual_labels(columns)[:1], *columns.usual(column_names.IDS)}
    if not columns.rows.has_names and has_label_first(columns.rows.width):
        found.add(columns.rows.columns[0])
    for asked in (options.label, options.id):
        if asked is not None:
            several = asked not in columns.rows.columns and column_names.is_pattern(asked)
            found.update(columns.matching(asked) if several else [columns.asked(asked)])
    return found


def _is_text(cells: Sequence[Any]) -> bool:
    """Whether most of the cells are not numbers."""
    return 2 * sum(number_of(cell) is None for cell in cells) > len(cells)


def _pattern_of(
    columns: HasColumns, options: ImportOptions, chosen: Sequence[str], pattern: str
) -> str:
    """Return the value of --vector that names exactly the columns `chosen`.

    `pattern` is tried first, if it is not empty. Return COLUMNS if no short value names the
    columns.
    """
    for value in (pattern, ",".join(chosen)):
        if not value or len(value) > _LONGEST_OPTION:
            continue
        if set(columns_of_pattern(columns, options, value)[0]) == set(chosen):
            return f"'{value}'" if "'" not in value else shlex.quote(value)
    return "COLUMNS"


def project_columns(columns: HasColumns, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return `wanted`, the columns of a project's vectors, in this order.

    Raises DatasetError if a column is missing in the table.
    """
    missing = [name for name in wanted if name not in columns.rows.columns]
    if missing:
        names = ", ".join(map(short, missing[:_MOST_NAMED]))
        more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
        raise DatasetError(
            f"{columns.name}: {len(missing):,} of the {len(wanted):,} columns of the project's "
            f"vectors are missing: {names}{more}. Name the columns as in the imported table"
        )
    return tuple(wanted)


def _unclear(columns: HasColumns, without: Collection[str | None]) -> dict[str, str]:
    """Return an example of a number with a possible separator of thousands, by column.

    Columns without such a number are left out.
    """
    numbers: dict[str, list[Any]] = {}
    for column in columns.rows.columns:
        cells = columns.cells(column) if column not in without else []
        if cells and all(number_of(cell) is not None or is_grouped(cell) for cell in cells):
            numbers[column] = cells
    decimal = decimal_commas(columns, list(numbers))[0]
    commas = any(_proves_comma(cell) for name in decimal for cell in numbers[name])
    found: dict[str, str] = {}
    for column, cells in numbers.items():
        # Where other columns have decimal commas, 1.234 may be 1234.
        points = [cell for cell in cells if commas and has_decimal_point(cell)]
        thousands = bool(points) and all(map(_may_be_thousands, points))
        for cell in cells:
            comma = column not in decimal and has_decimal_comma(cell)
            if number_of(cell) is None or comma or (thousands and cell in points):
                found[column] = str(cell).strip()
                break
    return found


def _may_be_thousands(cell: str) -> bool:
    """Whether the point in `cell` may separate thousands: true for 1.234, false for 0.234
    and 1.5.
    """
    return is_grouped(cell) and not cell.strip().lstrip("+-").startswith("0")


def _proves_comma(cell: Any) -> bool:
    """Whether the comma in a cell can only be a decimal comma, as in 0,5."""
    return has_decimal_comma(cell) and not may_be_grouped(cell)


def decimal_commas(
    columns: HasColumns, names: Sequence[str]
) -> tuple[frozenset[str], list[Finding]]:
    """The columns among `names` in which the comma is the decimal mark, and a finding if in doubt.

    If commas separate the cells, there are no such columns. Otherwise, if no column has a decimal
    point, the comma is the decimal mark in all columns. If a column has decimal points, the comma
    is the decimal mark only in columns that have no points, but have a number such as 0,5. A number
    such as 1,004 proves nothing, because it may be 1004.
    """
    if columns.rows.comma_separates:
        return frozenset(), []
    cells = {name: columns.cells(name) for name in names}
    points = {name for name in names if any(map(has_decimal_point, cells[name]))}
    proved = {name for name in names if any(map(_proves_comma, cells[name]))}
    decimal = frozenset(proved - points if points else names)
    example = next((cell for name in decimal for cell in cells[name] if may_be_grouped(cell)), None)
    if proved or example is None:
        return decimal, []
    text = f"{example} is read as {example.replace(',', '.')}; if this is wrong, write it as 1004.5"
    return decimal, [Finding("columns", text, doubtful=True)]
