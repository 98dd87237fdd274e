"""Rows of CSV, TSV, JSON lines and Parquet files as dictionaries."""

import csv
import io
import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lodespace.errors import DatasetError
from lodespace.items.errors import BadItem
from lodespace.items.table_builder import MAX_COLUMNS
from lodespace.json_input import JsonError, json_value

SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
SNIFFED_ROWS = 50
"""Number of rows that are read before the import to find the columns and their content."""
_MAX_FIELD = 16 << 20
_MAX_LINE = 16 << 20
"""Largest length of a row in characters. Parsed JSON takes up to 25 times its size in memory."""
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
            raise DatasetError(f"{path} cannot be read: {error}") from error
        if len(first) == _MAX_FIELD:
            raise DatasetError(
                f"{path}: the first line has more than {_MAX_FIELD >> 20} million characters; it "
                "should name the columns"
            )
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
        twice = next((name for name, count in Counter(columns).items() if count > 1), None)
        if twice is not None:
            raise DatasetError(f"{path}: two columns are named '{short(twice)}'; rename one")
        if len(columns) > MAX_COLUMNS:
            raise DatasetError(
                f"{path} has {len(columns):,} columns; at most {MAX_COLUMNS:,} are imported"
            )
        super().__init__(columns)

    def _open(self) -> io.TextIOWrapper:
        # Bytes that are invalid in this encoding become surrogates, which `_row` reports.
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="")

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        with self._open() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            while True:
                lines.begin_row()
                line = lines.count + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield BadItem(f"line {line}", f"cannot be read: {error}")
                    continue
                except UnicodeError as error:
                    raise DatasetError(
                        f"{self.path} is not {self.encoding} text from line {line} on; name the "
                        "encoding of the file with --encoding (latin-1, cp1252, ...)"
                    ) from error
                except OSError as error:
                    raise DatasetError(f"{self.path} cannot be read: {error.strerror}") from error
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


class _Lines:
    """Iterator over the lines of a file. A row of more than _MAX_LINE characters is skipped.

    The csv module would read a line, or a quoted field over many lines, of any size into memory.
    """

    def __init__(self, file: io.TextIOWrapper) -> None:
        self.file = file
        self.count = 0
        """Number of lines so far."""
        self._row = 0
        """Number of characters of the current row so far."""

    def begin_row(self) -> None:
        """Begin to count the characters of a row."""
        self._row = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(_MAX_LINE)
        if not line:
            raise StopIteration
        self.count += 1
        self._row += len(line)
        whole = line
        while len(whole) == _MAX_LINE and not whole.endswith("\n"):
            whole = self.file.readline(_MAX_LINE)
        if self._row >= _MAX_LINE:
            raise csv.Error(f"the row has more than {_MAX_LINE >> 20} million characters")
        return line


class JsonRows(Rows):
    """Rows of a file with one JSON object per line. Raises DatasetError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        seen: dict[str, None] = {}
        for found in itertools.islice(self._lines(), SNIFFED_ROWS):
            if not isinstance(found, BadItem):
                seen.update(dict.fromkeys(found[1]))
        if not seen:
            raise DatasetError(
                f"{path}: none of the first lines is a JSON object; give one JSON object per line"
            )
        super().__init__(list(seen)[:MAX_COLUMNS])

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
            raise DatasetError(f"{self.path} cannot be read: {error.strerror}") from error

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        return self._lines()


def _json_row(name: str, line: bytes) -> tuple[str, Row] | BadItem:
    try:
        row = json_value(line)
    except (JsonError, MemoryError) as error:
        return BadItem(name, f"not JSON: {error}")
    if not isinstance(row, dict):
        return BadItem(name, "not a JSON object")
    return name, row


def short(name: str) -> str:
    """A column's name for a message, cut to 40 characters."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
