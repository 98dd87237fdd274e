"""Rows of CSV, TSV, JSON lines and Parquet files as dictionaries."""

import csv
import io
import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lodespace.errors import DatasetError
from lodespace.importing.picture_folder import suffix_of
from lodespace.items.errors import BadItem
from lodespace.items.paths import walk
from lodespace.json_input import JsonError, json_value

SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
SNIFFED_ROWS = 50
"""Number of rows that are read before the import to find the columns and their content."""
_MAX_FIELD = 16 << 20
_MAX_LINE = 64 << 20
_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 32 << 20
_ROWS_LOOKED_AT = 8
_LONGEST_NAME = 40

Row = dict[str, Any]


class Rows(ABC):
    """Rows of a table. A row is a dictionary from column name to cell."""

    def __init__(
        self, columns: Sequence[str], schema: pa.Schema | None = None, count: int | None = None
    ) -> None:
        self.columns = list(columns)
        """Column names, in the order of the table."""
        self.schema = schema
        """Types of the columns. None if the file does not state types."""
        self.count = count
        """Number of rows. None if the file does not state the number."""

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        """Yield (name of the row for messages, row), or the reason why a row cannot be read."""


class CsvRows(Rows):
    """Rows of a CSV file (comma or semicolon) or a TSV file. Raises DatasetError."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.encoding = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
        csv.field_size_limit(_MAX_FIELD)
        try:
            with self._open() as file:
                first = file.readline(_MAX_FIELD)
        except LookupError as error:
            raise DatasetError(f"--encoding {encoding}: there is no such encoding") from error
        except (OSError, UnicodeError) as error:
            raise DatasetError(f"{path}: cannot be read: {error}") from error
        self.delimiter = (
            "\t"
            if path.suffix.lower() == ".tsv"
            else ";"
            if first.count(";") > first.count(",")
            else ","
        )
        columns = next(csv.reader(io.StringIO(first), delimiter=self.delimiter), [])
        if not any(column.strip() for column in columns):
            raise DatasetError(f"{path}: the first line is empty; it should name the columns")
        twice = [name for name in columns if columns.count(name) > 1]
        if twice:
            raise DatasetError(f"{path}: two columns are named '{short(twice[0])}'; rename one")
        super().__init__(columns)

    def _open(self) -> io.TextIOWrapper:
        # Bytes that are invalid in this encoding become surrogates, which `_row` reports.
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        with self._open() as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            next(reader, None)
            while True:
                line = reader.line_num + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield BadItem(f"line {line}", f"cannot be read: {error}")
                    continue
                if not fields:
                    continue
                yield self._row(f"line {line}", fields)

    def _row(self, name: str, fields: list[str]) -> tuple[str, Row] | BadItem:
        if len(fields) != len(self.columns):
            return BadItem(
                name, f"has {len(fields)} fields, but the header has {len(self.columns)} columns"
            )
        for field in fields:
            if not field.isascii() and any("\udc80" <= c <= "\udcff" for c in field):
                return BadItem(
                    name,
                    f"not {self.encoding} text; name the encoding of the file with --encoding "
                    "(latin-1, cp1252, ...)",
                )
        return name, dict(zip(self.columns, fields, strict=True))


class JsonRows(Rows):
    """Rows of a file with one JSON object per line. Raises DatasetError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        seen: dict[str, None] = {}
        for found in itertools.islice(self._lines(), SNIFFED_ROWS):
            if not isinstance(found, BadItem):
                seen.update(dict.fromkeys(found[1]))
        if not seen:
            raise DatasetError(f"{path}: none of the first lines is a JSON object")
        super().__init__(list(seen))

    def _lines(self) -> Iterator[tuple[str, Row] | BadItem]:
        try:
            with self.path.open("rb") as file:
                for number in itertools.count(1):
                    line = file.readline(_MAX_LINE)
                    if not line:
                        return
                    if line.strip():
                        yield _json_row(f"line {number}", line)
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be read: {error.strerror}") from error

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        return self._lines()


def _json_row(name: str, line: bytes) -> tuple[str, Row] | BadItem:
    try:
        row = json_value(line)
    except JsonError as error:
        return BadItem(name, f"not JSON: {error}")
    if not isinstance(row, dict):
        return BadItem(name, "not a JSON object")
    return name, row


class ParquetRows(Rows):
    """Rows of Parquet files with the columns of the first file. Raises DatasetError."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        try:
            schema = pq.read_schema(self.paths[0], memory_map=True)
            count = sum(pq.read_metadata(path, memory_map=True).num_rows for path in self.paths)
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"{paths[0]}: not a whole Parquet file: {error}") from error
        super().__init__(schema.names, schema, count)

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        for path in self.paths:
            number = 0
            try:
                with pq.ParquetFile(path, memory_map=True) as file:
                    for batch in file.iter_batches(_rows_at_once(file)):
                        for row in batch.to_pylist():
                            number += 1
                            yield f"{path.name} row {number}", row
            except (pa.ArrowException, OSError) as error:
                yield BadItem(f"{path.name} after row {number}", f"cannot be read: {error}")


def _rows_at_once(file: pq.ParquetFile) -> int:
    """The number of rows that occupy about 32 MB. A row may be one number or a photo of 30 MB."""
    metadata = file.metadata
    total = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    each = total // max(1, metadata.num_rows)
    # A file stores repeated values once. The first rows show the size of a row in memory.
    first = next(file.iter_batches(_ROWS_LOOKED_AT), None)
    if first is not None and first.num_rows:
        each = max(each, first.nbytes // first.num_rows)
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(1, each)))


def open_rows(path: Path, encoding: str) -> Rows:
    """The rows of the table at `path`, or of all Parquet files in the folder `path`.

    Raises DatasetError.
    """
    if path.is_dir():
        return ParquetRows(
            [
                path / os.fsdecode(p)
                for p in walk(path)
                if isinstance(p, bytes) and suffix_of(p) == ".parquet"
            ]
        )
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return CsvRows(path, encoding)
        case ".jsonl" | ".ndjson":
            return JsonRows(path)
        case _:
            return ParquetRows([path])


def short(name: str) -> str:
    """A column's name for a message, cut to 40 characters."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
