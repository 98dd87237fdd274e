"""The column of a table that names the split of each row."""

from typing import Any

from lodespace.importing.folders import folder_names
from lodespace.importing.tables import column_names
from lodespace.importing.tables.label_columns import HasColumns


def split_column(columns: HasColumns) -> str | None:
    """Return the column that states the split of each row; None if there is no such column.

    The column has a usual name, or all its cells are names of splits.
    """
    usual = columns.usual(column_names.SPLITS)
    for column in columns.usual(column_names.MORE_SPLITS):
        cells = columns.cells(column)
        if cells and all(map(_is_split, cells)):
            usual.append(column)
    return usual[0] if usual else _split_by_cells(columns)


def _split_by_cells(columns: HasColumns) -> str | None:
    """Return the column whose cells are all names of splits, with at least two distinct splits.

    Return None if there is no such column.
    """
    for column in columns.rows.columns:
        cells = columns.cells(column)
        if not cells or not all(map(_is_split, cells)):
            continue
        kinds = {folder_names.kind_of_split(cell) for cell in cells}
        if len(kinds) > 1 and "tr" in kinds:
            return column
    return None


def _is_split(cell: Any) -> bool:
    return isinstance(cell, str) and folder_names.is_split(cell)
