"""The table of items, with id, path, and all columns of the source.

The table is an Arrow file that is mapped into memory, so reading one row is fast.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from lodespace.errors import DatasetError

ID = "lodespace.id"
PATH = "lodespace.path"
SPLIT = "lodespace.split"
START = "lodespace.start"
END = "lodespace.end"
OFFSET = "lodespace.offset"
LENGTH = "lodespace.length"
OWN_TYPES: dict[str, pa.DataType] = {
    ID: pa.string(),
    PATH: pa.binary(),
    SPLIT: pa.string(),
    START: pa.float64(),
    END: pa.float64(),
    OFFSET: pa.int64(),
    LENGTH: pa.int64(),
}
"""Lodespace's own columns and their types.

The columns are the item's id, the path of the file relative to the source's root, the split, start
and end of a sound in seconds, and offset and length of the original picture in originals.bin.
"""


class ItemTable:
    """A table with one row per item, in the order of the items."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    @classmethod
    def read(cls, path: Path) -> "ItemTable":
        """Read the table in the file `path`. Raises DatasetError if the file cannot be read."""
        try:
            with pa.memory_map(str(path)) as file:
                table = ipc.open_file(file).read_all()
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"{path}: damaged: {error}") from error
        if ID not in table.column_names:
            raise DatasetError(f"{path}: not a table of items")
        return cls(table)

    def write(self, path: Path) -> None:
        """Write the table as an Arrow file. Raises OSError."""
        with pa.OSFile(str(path), "wb") as file, ipc.new_file(file, self.table.schema) as writer:
            writer.write_table(self.table)

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def columns(self) -> list[str]:
        """Names of the source's columns."""
        return [name for name in self.table.column_names if name not in OWN_TYPES]

    def ids(self) -> tuple[str, ...]:
        return tuple(self.table[ID].to_pylist())

    def column(self, name: str) -> list[Any]:
        """The value of a column per item. All values of an unknown column are None."""
        return (
            self.table[name].to_pylist() if name in self.table.column_names else [None] * len(self)
        )

    def value(self, name: str, item: int) -> Any:
        return self.table[name][item].as_py() if name in self.table.column_names else None

    def row(self, item: int) -> dict[str, Any]:
        """The values of an item in the source's columns."""
        return {name: self.table[name][item].as_py() for name in self.columns}

    def matching(self, text: str) -> list[int]:
        """The items, ascending, whose id, path or any column contains `text`, ignoring case.

        `column:text` searches one column.
        """
        names = {"id": ID, "path": PATH, "split": SPLIT} | {name: name for name in self.columns}
        column, colon, rest = text.partition(":")
        if colon and column in names:
            names, text = {column: names[column]}, rest
        found = None
        for name in names.values():
            texts = self._texts(name)
            if texts is None:
                continue
            options = pc.MatchSubstringOptions(text, ignore_case=True)
            hit = pc.fill_null(pc.call_function("match_substring", [texts], options), False)
            found = hit if found is None else pc.call_function("or", [found, hit])
        return [] if found is None else pc.call_function("indices_nonzero", [found]).to_pylist()

    def _texts(self, name: str) -> pa.ChunkedArray | None:
        """A column for the text search: texts, or paths as bytes.

        Returns None for lists, structures and other bytes, which are not searched.
        """
        if name not in self.table.column_names:
            return None
        column = self.table[name]
        if name == PATH:
            return column  # paths are bytes, which are searched without decoding
        if (
            pa.types.is_binary(column.type)
            or pa.types.is_large_binary(column.type)
            or pa.types.is_nested(column.type)
        ):
            return None
        with contextlib.suppress(pa.ArrowException):
            return column.cast(pa.string())
        return None


class ItemTableBuilder:
    """Collects rows for an ItemTable. `schema` has the column types, if the source states types."""

    _ROWS_AT_ONCE = 2000

    def __init__(self, schema: pa.Schema | None = None) -> None:
        self.schema = schema
        self.rows: list[dict[str, Any]] = []
        self.tables: list[pa.Table] = []

    def add(self, own: dict[str, Any], columns: dict[str, Any]) -> None:
        """Add a row with values of Lodespace's own columns and of the source's columns."""
        row = {f"{name}_" if name in OWN_TYPES else name: value for name, value in columns.items()}
        self.rows.append(row | own)
        if len(self.rows) >= self._ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        names: dict[str, None] = {}
        for row in self.rows:
            names.update(dict.fromkeys(row))
        arrays = {name: self._array(name, [row.get(name) for row in self.rows]) for name in names}
        self.tables.append(pa.table(arrays))
        self.rows = []

    def _array(self, name: str, values: Sequence[Any]) -> pa.Array:
        kind = OWN_TYPES.get(name)
        if kind is None and self.schema is not None and name in self.schema.names:
            kind = self.schema.field(name).type
        with contextlib.suppress(
            pa.ArrowException, UnicodeEncodeError, TypeError, ValueError, OverflowError
        ):
            return pa.array(values, kind)
        # Values of several types, or invalid text: store them as text.
        return pa.array(
            [None if value is None else whole_text(value) for value in values], pa.string()
        )

    def finish(self) -> ItemTable:
        """Return the table of all rows that were added."""
        if self.rows or not self.tables:
            self._flush()
        try:
            table = pa.concat_tables(self.tables, promote_options="permissive")
        except pa.ArrowException:
            # A column has numbers in some of the tables and text in others: store it as text.
            table = pa.concat_tables(
                [_as_texts(table) for table in self.tables], promote_options="permissive"
            )
        return ItemTable(table.combine_chunks())


def whole_text(value: Any) -> str:
    """The value as text. Lone surrogates, which JSON can contain, are escaped."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _as_texts(table: pa.Table) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if name not in OWN_TYPES and table[name].type != pa.string():
            values = [
                None if value is None else whole_text(value) for value in table[name].to_pylist()
            ]
            table = table.set_column(index, name, pa.array(values, pa.string()))
    return table
