"""Rows of text files with one row per line: CSV, TSV and the like."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lodespace.errors import DatasetError
from lodespace.importing.finding import Finding
from lodespace.importing.tables.column_names import is_usual
from lodespace.importing.tables.table_rows import SNIFFED_ROWS, Row, Rows, short, table_suffix
from lodespace.importing.tables.text_file import DAMAGED, TextFile
from lodespace.importing.tables.text_format import format_of
from lodespace.items.errors import BadItem
from lodespace.items.table_builder import MAX_COLUMNS, whole_text

_MAX_FIELD = 16 << 20
MAX_LINE = 16 << 20
"""Largest length of a row in characters. Parsed JSON takes up to 25 times its size in memory."""
_SNIFFED_CHARACTERS = 4 << 20
"""The format is found from the first lines, up to this number of characters."""
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


class CsvRows(Rows):
    """Rows of a text file. Delimiter, header and encoding are detected. Raises DatasetError."""

    def __init__(self, path: Path, encoding: str | None, unpacked: float | None = None) -> None:
        self.path = path
        self.text = TextFile(path, encoding, unpacked)
        csv.field_size_limit(_MAX_FIELD)
        is_tsv = table_suffix(path) in (".tsv", ".tab")
        found = format_of(self._first_lines(), is_tsv=is_tsv, knows=is_usual)
        if found is None:
            raise DatasetError(f"{path}: the first line is empty; it should name the columns")
        self.format = found
        columns = [whole_text(name) for name in found.columns]
        if not columns:
            raise DatasetError(f"{path}: the first line names no column; name the columns there")
        twice = next((name for name, count in Counter(columns).items() if count > 1), None)
        if twice is not None:
            raise DatasetError(f"{path}: two columns are named '{short(twice)}'; rename one")
        check_columns(path, len(columns))
        super().__init__(columns)
        self.has_names = found.has_header
        self.comma_separates = found.delimiter == ","
        self.findings = [*self.text.findings, *self._findings(is_tsv=is_tsv)]

    def _findings(self, *, is_tsv: bool) -> Iterator[Finding]:
        delimiter = self.format.delimiter
        if len(self.columns) > 1 and delimiter not in ("\t" if is_tsv else ",", "\t"):
            name = _NAMES.get(delimiter, repr(delimiter))
            yield Finding("columns", f"separated by {name}")
        if self.format.doubt:
            yield Finding("columns", self.format.doubt, doubtful=True)
        if not self.has_names:
            text = "the first line is read as data; put a line with the names of the columns first"
            yield Finding("columns", text, doubtful=True)

    def _first_lines(self) -> list[str]:
        lines: list[str] = []
        left = _SNIFFED_CHARACTERS
        try:
            with self.text.open() as file:
                while len(lines) <= SNIFFED_ROWS and left > 0:
                    line = file.readline(_MAX_FIELD)
                    if not line:
                        break
                    left -= len(line)
                    lines.append(line)
        except UnicodeError as error:
            raise self._wrong_encoding(len(lines) + 1) from error
        except DAMAGED as error:
            raise DatasetError(f"{self.path} cannot be read: {error}") from error
        if lines and len(lines[0]) == _MAX_FIELD:
            raise DatasetError(
                f"{self.path}: the first line has more than {_MAX_FIELD >> 20} million characters; "
                "it should name the columns"
            )
        if left <= 0 and len(lines) > 1:
            lines.pop()  # the last line may be cut off
        return lines

    def _wrong_encoding(self, line: int) -> DatasetError:
        return DatasetError(
            f"{self.path} is not {self.text.encoding} text from line {line} on; name the encoding "
            "of the file with --encoding (latin-1, cp1252, ...)"
        )

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        with self.text.open() as file:
            lines = _Lines(file)
            for _ in range(self.format.skipped):
                next(lines, None)
            reader = csv.reader(
                lines, delimiter=self.format.delimiter, skipinitialspace=self.format.spaced
            )
            if self.format.has_header:
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
                    raise self._wrong_encoding(line) from error
                except DAMAGED as error:
                    reason = getattr(error, "strerror", None) or error
                    raise DatasetError(f"{self.path} cannot be read: {reason}") from error
                if any(field.strip() for field in fields):
                    row = self._row(f"line {line}", fields)
                    if row is not None:
                        yield row

    def _row(self, name: str, fields: list[str]) -> tuple[str, Row] | BadItem | None:
        """Return the row with these fields, or why it cannot be read. None for a comment."""
        wanted = len(self.format.names)
        while len(fields) > wanted and not fields[-1].strip():
            fields.pop()
        if self.format.optional_last and len(fields) == wanted - 1:
            fields.append("")
        if len(fields) != wanted:
            if fields[0].startswith("#"):
                return None
            return BadItem(name, f"has {len(fields)} fields, but the header has {wanted} columns")
        for field in fields:
            if not field.isascii() and any("\udc80" <= c <= "\udcff" for c in field):
                return BadItem(
                    name,
                    f"not {self.text.encoding} text; name the encoding of the file with --encoding "
                    "(latin-1, cp1252, ...)",
                )
        return name, dict(zip(self.columns, self.format.row(fields).values(), strict=True))


class _Lines:
    """Iterator over the lines of a file. A row of more than MAX_LINE characters is skipped.

    The csv module would read a row of any size into memory, such as a quoted field over many lines.
    """

    def __init__(self, file: io.TextIOWrapper) -> None:
        self.file = file
        self.count = 0
        """Number of lines that were read."""
        self._row = 0
        """Number of characters that were read of the current row."""

    def begin_row(self) -> None:
        """Begin to count the characters of a row."""
        self._row = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.count += 1
        self._row += len(line)
        whole = line
        while len(whole) == MAX_LINE and not whole.endswith("\n"):
            whole = self.file.readline(MAX_LINE)
        if self._row >= MAX_LINE:
            raise csv.Error(f"the row has more than {MAX_LINE >> 20} million characters")
        return line


def check_columns(path: Path, count: int) -> None:
    """Raise DatasetError if a table has too many columns."""
    if count > MAX_COLUMNS:
        raise DatasetError(f"{path} has {count:,} columns; at most {MAX_COLUMNS:,} are imported")
