"""The columns of a table with the cells of its first rows."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from lodespace.errors import DatasetError
from lodespace.importing.tables import column_names
from lodespace.importing.tables.cells import number_of
from lodespace.importing.tables.column_names import plain
from lodespace.importing.tables.table_rows import Row, Rows, short


class Columns:
    """The columns of a table with their first cells."""

    def __init__(
        self,
        name: str,
        rows: Rows,
        first: Sequence[Row],
        finds: Callable[[str], bool],
        finds_folder: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare the choice.

        Args:
            name: Path of the table, for messages.
            rows: The rows.
            first: The first rows, shortened by `sketched`.
            finds: Function that returns whether there is a file for a path.
            finds_folder: Function that returns whether there is a file for a path in a folder with
                the name that the path states. None: `finds` is used.
        """
        self.finds_folder = finds_folder or finds
        self.name, self.rows, self.first, self.finds = name, rows, first, finds
        self.by_plain = {plain(column): column for column in reversed(rows.columns)}

    def cells(self, column: str) -> list[Any]:
        """Return the cells of a column in the first rows of the table, without empty cells."""
        return [c for row in self.first if (c := row.get(column)) is not None and c != ""]

    def asked(self, wanted: str) -> str:
        """Return the column `wanted`, which may be spelled in another way. Raises DatasetError."""
        if wanted in self.rows.columns:
            return wanted
        if plain(wanted) in self.by_plain:
            return self.by_plain[plain(wanted)]
        there = ", ".join(map(short, self.rows.columns[:20]))
        raise DatasetError(f"{self.name} has no column '{wanted}'; the columns are {there}")

    def usual(self, names: Sequence[str]) -> list[str]:
        """Return the columns whose names are in `names`, in the order of `names`."""
        return [self.by_plain[name] for name in names if name in self.by_plain]

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the columns that fit a pattern such as 'dim_*' or 'a,b,c'. Raises DatasetError."""
        found = column_names.matching(self.rows.columns, pattern)
        if not found:
            self.asked(pattern)
        return found

    def numeric(self, without: Collection[str | None]) -> list[str]:
        """Return the columns whose cells are numbers, except those in `without`."""
        found: list[str] = []
        for column in self.rows.columns:
            cells = self.cells(column) if column not in without else []
            if cells and all(number_of(cell) is not None for cell in cells):
                found.append(column)
        return found
