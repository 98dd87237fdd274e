"""The table of items, with id, path, and all columns of the source.

The table is an Arrow file that is mapped into memory, so reading one row is fast.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from lodespace.errors import DatasetError
from lodespace.items.item_ids import ItemIds

ID = "lodespace.id"
PATH = "lodespace.path"
SPLIT = "lodespace.split"
START = "lodespace.start"
END = "lodespace.end"
LOW = "lodespace.low"
HIGH = "lodespace.high"
OTHER_LABELS = "lodespace.other_labels"
OFFSET = "lodespace.offset"
LENGTH = "lodespace.length"
_PATHS_AT_ONCE = 100_000
"""Number of paths that are in memory at a time."""
_ROWS_TAKEN = 100_000
"""Number of rows that are reordered at a time."""
OWN_TYPES: dict[str, pa.DataType] = {
    ID: pa.string(),
    PATH: pa.binary(),
    SPLIT: pa.string(),
    START: pa.float64(),
    END: pa.float64(),
    LOW: pa.float64(),
    HIGH: pa.float64(),
    OTHER_LABELS: pa.string(),
    OFFSET: pa.int64(),
    LENGTH: pa.int64(),
}
"""Lodespace's own columns and their types.

The columns are the item's id, the path of the file relative to the source's root, the split, start
and end of a sound in seconds, lowest and highest frequency of an annotated sound in Hz, further
labels separated by "|", and offset and length of the original picture in originals.bin.
"""


class ItemTable:
    """A table with one row per item, in the order of the items."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        # `table.column_names` makes a list of all names at each call, and a table may have 30,000.
        self._numbers = {name: number for number, name in enumerate(table.column_names)}

    @classmethod
    def read(cls, path: Path) -> "ItemTable":
        """Read the table in the file `path`. Raises DatasetError if the file cannot be read.

        All values are checked, because other people may have written the file. An offset in a
        damaged column could point to other memory of this process.
        """
        try:
            with pa.memory_map(os.fsencode(path)) as file:
                table = ipc.open_file(file).read_all()
                table.validate(full=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DatasetError(f"{path} is damaged: {error}") from error
        if ID not in table.column_names:
            raise DatasetError(f"{path} is not a table of items")
        if len(set(table.column_names)) < len(table.column_names):
            raise DatasetError(f"{path} is damaged: two columns have the same name")
        for name in set(OWN_TYPES) & set(table.column_names):
            if table.schema.field(name).type != OWN_TYPES[name]:
                raise DatasetError(
                    f"{path} is damaged: the column {name} is {table.schema.field(name).type}, not "
                    f"{OWN_TYPES[name]}"
                )
        if table[ID].null_count:
            raise DatasetError(f"{path} is damaged: an item has no id")
        return cls(table)

    def write(self, path: Path) -> None:
        """Write the table as an Arrow file. Raises OSError."""
        with (
            pa.OSFile(os.fsencode(path), "wb") as file,
            ipc.new_file(file, self.table.schema) as writer,
        ):
            writer.write_table(self.table)

    def replace(self, path: Path) -> None:
        """Write the table as an Arrow file in place of the file at `path`. Raises OSError.

        The earlier file may be mapped into memory, so its content must stay unchanged.
        """
        new = path.with_name(f"{path.name}.new")
        self.write(new)
        new.replace(path)

    @classmethod
    def numbered(cls, n: int) -> "ItemTable":
        """Return a table of `n` items, whose ids are their numbers."""
        return cls(pa.table({ID: pa.array([str(number) for number in range(n)])}))

    def take(self, numbers: npt.NDArray[np.int64]) -> "ItemTable":
        """Return a table with the rows `numbers`, in this order.

        The rows are taken in blocks, because a block of a column may have 2 GB at most. Raises
        pa.ArrowException if a column has a type of which no rows can be taken.
        """
        blocks = [
            self.table.take(pa.array(numbers[first : first + _ROWS_TAKEN]))
            for first in range(0, max(1, len(numbers)), _ROWS_TAKEN)
        ]
        return ItemTable(pa.concat_tables(blocks))

    def with_column(self, name: str, values: list[Any]) -> "ItemTable":
        """Return a copy of the table that has `values` in the column `name`.

        `name` is one of Lodespace's own columns. The column is added if the table does not have it.
        """
        column = pa.array(values, OWN_TYPES[name])
        number = self._numbers.get(name)
        if number is None:
            return ItemTable(self.table.append_column(name, column))
        return ItemTable(self.table.set_column(number, name, column))

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def columns(self) -> list[str]:
        """Names of the source's columns."""
        return [name for name in self._numbers if name not in OWN_TYPES]

    @property
    def has_paths(self) -> bool:
        """Whether any item is a file."""
        return PATH in self._numbers and self.table[PATH].null_count < len(self)

    def first_paths(self, count: int) -> list[bytes]:
        """Return the paths of the first `count` items. Items that are not files are left out."""
        if PATH not in self._numbers:
            return []
        return [path for path in self.table[PATH].slice(0, count).to_pylist() if path is not None]

    def path_bytes(self) -> Iterator[tuple[npt.NDArray[np.int64], bytes]]:
        """Yield the paths of all items in blocks: the lengths in bytes, and the joined paths.

        The length is -1 for an item without a path.
        """
        if PATH not in self._numbers:
            return
        for start in range(0, len(self), _PATHS_AT_ONCE):
            block = self.table[PATH].slice(start, _PATHS_AT_ONCE)
            lengths = pc.fill_null(pc.call_function("binary_length", [block]), -1)
            paths = [path for path in block.to_pylist() if path is not None]
            yield np.asarray(lengths, np.int64), b"".join(paths)

    def ids(self) -> ItemIds:
        """Return the id per item."""
        return ItemIds(len(self), self.table[ID])

    def column(self, name: str, first: int = 0, count: int | None = None) -> list[Any]:
        """Return the value of a column per item, or for `count` items from item `first` on.

        All values of an unknown column are None.
        """
        number, count = self._numbers.get(name), len(self) if count is None else count
        if number is None:
            return [None] * count
        return python_values(self.table.column(number).slice(first, count))

    def value(self, name: str, item: int) -> Any:
        number = self._numbers.get(name)
        return None if number is None else self._cell(number, item)

    def row(self, item: int, most: int | None = None) -> dict[str, Any]:
        """Return the values of an item in the source's columns, or in the first `most` of them."""
        return {name: self._cell(self._numbers[name], item) for name in self.columns[:most]}

    def _cell(self, column: int, item: int) -> Any:
        return python_values(self.table.column(column).slice(item, 1))[0]

    def matching(self, text: str) -> list[int]:
        """Return the items with `text` in their id, path or any column, in ascending order.

        Case is ignored.

        `column:text` searches one column.
        """
        names = {"id": ID, "path": PATH, "split": SPLIT, "other_labels": OTHER_LABELS}
        names |= {name: name for name in self.columns}
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
        """Return the column `name` for the text search: texts, or paths as bytes.

        Returns None for a column of lists, structures, or bytes that are not paths. Such columns
        are not searched.
        """
        number = self._numbers.get(name)
        if number is None:
            return None
        column = self.table.column(number)
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


def python_values(column: "pa.ChunkedArray | pa.Array") -> list[Any]:
    """Return the values of a column as Python objects.

    A value that Python cannot represent, such as a time with nanoseconds or a text that is not
    valid, becomes text.
    """
    try:
        return column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        return [_python_value(value) for value in column]


def _python_value(value: Any) -> Any:
    if isinstance(value, pa.DictionaryScalar):
        value = value.value
    with contextlib.suppress(ValueError, OverflowError, pa.ArrowException):
        return value.as_py()
    with contextlib.suppress(ValueError, OverflowError, pa.ArrowException, AttributeError):
        return value.as_buffer().to_pybytes().decode("utf-8", "backslashreplace")
    with contextlib.suppress(ValueError, OverflowError, pa.ArrowException):
        return value.cast(pa.string()).as_py()
    return None
