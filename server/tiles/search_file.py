"""The search file of a scene in tiles: the texts of all columns in lower case, as an Arrow stream.

A search for a part of a text has to read all texts. With a Parquet file, decoding and conversion to
lower case would take most of the time, so the texts are stored ready for comparison. docs/tiles.md
has the times, also of DuckDB with the Parquet file.

A column with many equal texts is stored as a dictionary, and only the texts of the dictionary are
compared.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lodespace.errors import ProjectError

_ROWS = 1 << 15
"""Rows per batch. The dictionary of a batch has at most as many texts, so 16 bits are enough."""
_REPEATS = 4
"""A column is stored as a dictionary if each of its texts occurs at least this number of times, on
average."""
_DICTIONARY = pa.dictionary(pa.int16(), pa.string())
Rows = npt.NDArray[np.int64]


class SearchWriter:
    """Writer of a search file, for `with`."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Write the file `path` for the columns with the given names."""
        self._path, self._columns = path, list(columns)
        self._stream: Any = None
        self._schema: Any = None

    def __enter__(self) -> "SearchWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, table: pa.Table) -> None:
        """Add the rows of a table, which has all columns. Raises OSError."""
        for first in range(0, len(table), _ROWS):
            rows = table.slice(first, _ROWS).combine_chunks()
            texts = [_lower(rows.column(name).combine_chunks()) for name in self._columns]
            if self._stream is None:
                self._begin(texts)
            assert self._stream is not None
            arrays = [
                _encoded(text) if self._schema.field(k).type == _DICTIONARY else text
                for k, text in enumerate(texts)
            ]
            self._stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _begin(self, texts: list[pa.Array]) -> None:
        kinds = [
            _DICTIONARY if len(pc.call_function("unique", [text])) * _REPEATS <= len(text)
            else pa.string()
            for text in texts
        ]  # fmt: skip
        self._schema = pa.schema(list(zip(self._columns, kinds, strict=True)))
        # Without compression, the file is compared in place. LZ4 halves the file, and adds half to
        # the time of a search.
        self._stream = pa.ipc.new_stream(os.fspath(self._path), self._schema)


class SearchFile:
    """A search file of N rows."""

    def __init__(self, path: Path, count: int) -> None:
        """Use the file `path`, which must have `count` rows."""
        self._path, self._count = path, count
        self._checked = False

    def matching(self, columns: Sequence[str], text: str) -> Rows:
        """Return the rows (K,), ascending, with `text` in any of the columns. Case is ignored.

        Raises ProjectError when the file is damaged.
        """
        try:
            found = self._matching(columns, text)
        except (pa.ArrowException, OSError, LookupError, ValueError) as error:
            message = f"{self._path} cannot be read: {error}"
            raise ProjectError(message, code="bad_scene") from error
        self._checked = True
        return found

    def _matching(self, columns: Sequence[str], text: str) -> Rows:
        lower = pc.call_function("utf8_lower", [pa.scalar(text)]).as_py()
        options = pc.MatchSubstringOptions(lower)
        found: list[Rows] = [np.empty(0, np.int64)]
        first = 0
        with pa.memory_map(os.fspath(self._path)) as file:
            for batch in pa.ipc.open_stream(file):
                if not self._checked:
                    batch.validate(full=True)
                texts = [batch.column(name) for name in columns]
                hits = [hit for text in texts if (hit := _hits(text, options)) is not None]
                if hits:
                    found.append(np.flatnonzero(np.logical_or.reduce(hits)) + first)
                first += batch.num_rows
        if first != self._count:
            raise ValueError(f"it has {first:,} rows, not {self._count:,}")
        return np.concatenate(found)


def _hits(column: pa.Array, options: pc.MatchSubstringOptions) -> npt.NDArray[np.bool_] | None:
    """Return a mask of the matching rows (R,) of a batch; None if no row matches."""
    is_dictionary = isinstance(column, pa.DictionaryArray)
    texts = column.dictionary if is_dictionary else column
    hit = np.asarray(pc.call_function("match_substring", [texts], options))
    if not hit.any():
        return None
    return hit[np.asarray(column.indices)] if is_dictionary else hit


def _encoded(text: pa.Array) -> pa.Array:
    encoded = pc.call_function("dictionary_encode", [text])
    return pa.DictionaryArray.from_arrays(encoded.indices.cast(pa.int16()), encoded.dictionary)


def _lower(column: pa.Array) -> pa.Array:
    """Return the values (R,) of a column as texts in lower case; empty for a missing value."""
    texts = pc.call_function("utf8_lower", [column.cast(pa.string())])
    return pc.fill_null(texts, "")
