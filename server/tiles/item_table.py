"""The table of a scene in tiles: a Parquet file with one row per item, in the order of the source.

A search reads the search file beside it (search_file.py). For a scene without this file, pyarrow
reads the columns row group by row group. No function makes a Python object per item.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lodespace.errors import ProjectError
from lodespace.items.table import ID, python_values
from lodespace.tiles.search_file import SearchFile, SearchWriter

ROWS_PER_GROUP = 1 << 16
"""Number of rows per row group. One group is read to show one item."""
SEARCH = "search.arrows"
"""Name of the search file, in the folder of the table."""
Rows = npt.NDArray[np.int64]


class ItemParquet:
    """The columns of N items, read from a Parquet file when they are needed."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises ProjectError when it is missing or damaged."""
        self.path = path
        try:
            self._file = pq.ParquetFile(os.fspath(path), memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise ProjectError(f"{path} cannot be read: {error}", code="bad_scene") from error
        self.columns = _shown(self._file.schema_arrow)
        """Names of the columns that are shown and searched; ID may be one of them."""
        schema = self._file.schema_arrow
        self._signs = {name: _signs_of(schema.field(name).type) for name in self.columns}
        counts = [
            self._file.metadata.row_group(k).num_rows
            for k in range(self._file.metadata.num_row_groups)
        ]
        self._firsts = np.cumsum([0, *counts])
        search = path.with_name(SEARCH)
        self._search = SearchFile(search, len(self)) if search.is_file() else None

    def __len__(self) -> int:
        return self._file.metadata.num_rows

    def row(self, row: int) -> dict[str, str]:
        """Return the values of a row as text, by the name of the column."""
        group = int(np.searchsorted(self._firsts, row, side="right")) - 1
        table = self._file.read_row_group(group, columns=self.columns)
        values = table.slice(row - int(self._firsts[group]), 1)
        return {
            name: text_of(python_values(values.column(name))[0]) for name in values.column_names
        }

    def matching(self, text: str) -> Rows:
        """Return the rows (K,), ascending, with `text` in any column. Case is ignored.

        `column:text` searches one column; `id:text` searches the ids.
        """
        names = {"id" if name == ID else name: name for name in self.columns}
        column, colon, rest = text.partition(":")
        chosen, wanted = list(names.values()), text
        if colon and column in names:
            chosen, wanted = [names[column]], rest
        # Columns that cannot match are not read.
        letters = set(wanted.lower())
        chosen = [name for name in chosen if self._can_have(name, letters)]
        if not chosen:
            return np.empty(0, np.int64)
        if self._search is not None:
            return self._search.matching(chosen, wanted)
        return self._matching_slowly(chosen, wanted)

    def _can_have(self, name: str, letters: set[str]) -> bool:
        """Return whether a text of a column can contain all of the letters."""
        signs = self._signs[name]
        return signs is None or letters <= signs

    def _matching_slowly(self, columns: list[str], text: str) -> Rows:
        """Search with pyarrow, one row group at a time."""
        options = pc.MatchSubstringOptions(text, ignore_case=True)
        found = [np.empty(0, np.int64)]
        for group, first in enumerate(self._firsts[:-1]):
            table = self._file.read_row_group(group, columns=columns)
            hit: Any = None
            for name in columns:
                texts = table.column(name).cast(pa.string())
                one = pc.fill_null(pc.call_function("match_substring", [texts], options), False)
                hit = one if hit is None else pc.call_function("or", [hit, one])
            found.append(np.asarray(pc.call_function("indices_nonzero", [hit]), np.int64) + first)
        return np.concatenate(found)


def _shown(schema: pa.Schema) -> list[str]:
    """Return the names of the columns that are shown and searched."""
    return [name for name, kind in zip(schema.names, schema.types, strict=True) if has_text(kind)]


def has_text(kind: pa.DataType) -> bool:
    """Return whether values of a type can be shown and searched as texts."""
    types = pa.types
    return not (
        types.is_nested(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_interval(kind)
    )


def _signs_of(kind: pa.DataType) -> frozenset[str] | None:
    """Return the characters that texts of a column can contain, in lower case.

    Numbers contain digits, a sign, a point and an exponent, or are inf or nan. Returns None for a
    column whose texts can contain any character.
    """
    if pa.types.is_integer(kind):
        return frozenset("0123456789-")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return frozenset("0123456789-+.einfa")
    return None


def text_of(value: Any) -> str:
    """Return a cell as text; empty for a missing value."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(str(value)).decode().strip('"')


def write_items(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write the rows of `batches` into a Parquet file with row groups of equal size, and the search
    file beside it.

    Raises OSError when the file cannot be written.
    """
    with (
        pq.ParquetWriter(os.fspath(path), schema, compression="zstd") as writer,
        SearchWriter(path.with_name(SEARCH), _shown(schema)) as search,
    ):
        for table in _in_groups(batches, schema):
            writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            search.write(table)


def _in_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= ROWS_PER_GROUP:
            table = pa.Table.from_batches(waiting, schema)
            whole = count - count % ROWS_PER_GROUP
            yield table.slice(0, whole)
            waiting, count = table.slice(whole).to_batches(), count - whole
    if count:
        yield pa.Table.from_batches(waiting, schema)
