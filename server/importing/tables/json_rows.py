"""Rows of JSON files: one object per line, a list of objects, or an object of columns."""

import itertools
import mmap
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lodespace.errors import DatasetError
from lodespace.importing.tables.column_names import is_usual
from lodespace.importing.tables.csv_rows import MAX_LINE
from lodespace.importing.tables.table_rows import SNIFFED_ROWS, Row, Rows
from lodespace.importing.tables.text_file import DAMAGED, TextFile
from lodespace.items.errors import BadItem
from lodespace.items.table_builder import MAX_COLUMNS
from lodespace.json_input import JsonError, json_value

_MOST_WHOLE = 64 << 20
"""Largest size in bytes of a file with one JSON object. Such a file is read as a whole."""
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_MARK = b"\xef\xbb\xbf"
"""Byte order mark."""


class JsonRows(Rows):
    """Rows of a JSON file. Raises DatasetError."""

    def __init__(self, path: Path, unpacked: float | None = None) -> None:
        self.path = path
        self.text = TextFile(path, "utf-8", unpacked)
        self.whole: Sequence[Row] | None = None
        """All rows, if the file is a single JSON object. None if the file has an object per row."""
        first, second = self._first_lines()
        self.is_list = first.startswith(b"[")
        """Whether the file is one list of objects."""
        if first.startswith(b"{") and not second.startswith(b"{"):
            self.whole = rows_of(path, self._object())
        seen: dict[str, None] = {}
        for found in itertools.islice(self, SNIFFED_ROWS):
            if not isinstance(found, BadItem):
                seen.update(dict.fromkeys(found[1]))
        if not seen:
            raise DatasetError(
                f"{path}: none of the first lines is a JSON object; give one JSON object per line, "
                "or a list of objects"
            )
        super().__init__(list(seen)[:MAX_COLUMNS])

    def _first_lines(self) -> tuple[bytes, bytes]:
        """Return the first two lines that are not empty."""
        lines = [b"", b""]
        with self._opened() as file:
            for number in range(2):
                while (line := file.readline(MAX_LINE)) and not lines[number]:
                    lines[number] = line.removeprefix(_MARK).strip()
                    if lines[number]:
                        break
        return lines[0], lines[1]

    def _opened(self) -> IO[bytes]:
        try:
            return self.text.open_bytes()
        except DAMAGED as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> DatasetError:
        return DatasetError(f"{self.path} cannot be read: {getattr(error, 'strerror', 0) or error}")

    def _object(self) -> dict[str, Any]:
        """Return the file as one object."""
        try:
            with self._opened() as file:
                text = file.read(_MOST_WHOLE + 1)
            if len(text) > _MOST_WHOLE:
                raise DatasetError(
                    f"{self.path} is one JSON object of more than {_MOST_WHOLE >> 20} MB; give one "
                    "object per line"
                )
            value = json_value(text.removeprefix(_MARK))
        except DAMAGED as error:
            raise self._unreadable(error) from error
        except (JsonError, MemoryError) as error:
            raise DatasetError(f"{self.path} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise DatasetError(f"{self.path} is not a JSON object")
        return value

    def __iter__(self) -> Iterator[tuple[str, Row] | BadItem]:
        if self.whole is not None:
            return iter([(f"row {number}", row) for number, row in enumerate(self.whole, 1)])
        return self._listed() if self.is_list else self._lines()

    def _lines(self) -> Iterator[tuple[str, Row] | BadItem]:
        try:
            with self._opened() as file:
                for number in itertools.count(1):
                    line = file.readline(MAX_LINE)
                    if not line:
                        return
                    if line.removeprefix(_MARK).strip():
                        yield _row(f"line {number}", line.removeprefix(_MARK))
        except DAMAGED as error:
            raise self._unreadable(error) from error

    def _listed(self) -> Iterator[tuple[str, Row] | BadItem]:
        try:
            with self._opened() as file, tempfile.TemporaryFile() as copy:
                if self.text.is_packed:
                    shutil.copyfileobj(file, copy)
                    copy.flush()
                number = (copy if self.text.is_packed else file).fileno()
                with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as text:
                    for row, part in enumerate(elements(text), 1):
                        yield _row(f"item {row}", part)
        except (*DAMAGED, ValueError) as error:
            raise self._unreadable(error) from error


def elements(text: "mmap.mmap | bytes") -> Iterator[bytes]:
    """Yield the text of each element of a JSON list. The elements are not decoded.

    An element with more than MAX_LINE bytes is cut to MAX_LINE + 1 bytes. If the list has no end,
    the text after its last comma is yielded as an element.
    """
    depth, begin = 0, 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in b"[{":
            depth += 1
            if depth == 1:
                begin = token.end()
        elif mark in b"]}":
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and mark in b",":
            yield text[begin : min(token.start(), begin + MAX_LINE + 1)]
            begin = token.end()
    else:
        token = None
    end = len(text) if token is None else token.start()
    last = text[begin : min(end, begin + MAX_LINE + 1)]
    if last.strip():
        yield last


def _row(name: str, text: bytes) -> tuple[str, Row] | BadItem:
    if len(text) > MAX_LINE:
        return BadItem(name, f"the row has more than {MAX_LINE >> 20} million characters")
    try:
        row = json_value(text)
    except (JsonError, MemoryError) as error:
        return BadItem(name, f"not JSON: {error}")
    if not isinstance(row, dict):
        return BadItem(name, "not a JSON object")
    return name, row


def rows_of(path: Path, value: dict[str, Any]) -> Sequence[Row]:
    """Return the rows in one JSON object. Raises DatasetError.

    The object has one of these forms:

    - columns by name: lists, or objects with one value per row, as pandas writes them
    - the fields `columns` and `data`, as pandas writes them
    - rows, labels or vectors by file name
    - lists of file names by class
    - any fields, of which exactly one is a list of rows
    - a single row
    """
    if {"images", "annotations", "categories"} <= value.keys():
        raise DatasetError(
            f"{path} has annotations in COCO's format, which is not read; give a table with a row "
            "per picture"
        )
    parts = list(value.values())
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list):
        return [
            dict(zip(map(str, names), row, strict=False)) for row in data if isinstance(row, list)
        ]
    listed = [part for part in parts if isinstance(part, list) and _are_rows(part)]
    if len(listed) == 1:
        return listed[0]
    if parts and all(isinstance(part, list) for part in parts):
        return _rows_of_lists(path, value)
    if parts and all(isinstance(part, dict) for part in parts):
        if all(key.isdecimal() for key in parts[0]):
            columns = (part.values() for part in parts)
            return [dict(zip(value, row, strict=False)) for row in zip(*columns, strict=False)]
        return [{"path": key, **part} for key, part in value.items()]
    are_labels = len(parts) > 1 and all(isinstance(part, str | int) for part in parts)
    if are_labels and all(map(_is_file_name, value)):
        return [{"path": key, "label": part} for key, part in value.items()]
    return [value]


def _rows_of_lists(path: Path, value: dict[str, list[Any]]) -> Sequence[Row]:
    """Return the rows in lists: vectors by file name, file names by class, or one column per list.

    Raises DatasetError if columns have different lengths.
    """
    if all(map(_is_file_name, value)):
        return [{"path": key, "vector": part} for key, part in value.items()]
    if not any(map(is_usual, value)) and all(
        isinstance(cell, str) and _is_file_name(cell) for part in value.values() for cell in part
    ):
        return [{"path": cell, "label": key} for key, part in value.items() for cell in part]
    lengths = {key: len(part) for key, part in value.items()}
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise DatasetError(
            f"{path}: the lists are columns, but '{short[:40]}' has {lengths[short]:,} cells and "
            f"'{long[:40]}' has {lengths[long]:,}"
        )
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _is_file_name(text: str) -> bool:
    return re.fullmatch(r".*\.\w{2,5}", text) is not None


def _are_rows(part: list[Any]) -> bool:
    return bool(part) and all(isinstance(row, dict) for row in part)
