"""Meaning of the cells of a table: pictures, labels, vectors, numbers."""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.importing.tables.table_rows import Row, short
from lodespace.items.errors import ItemError
from lodespace.json_input import json_value

_NUMBERS = re.compile(r"[^\s,;|]+")
_WRAPPED = re.compile(r"(?:np\.)?(?:array|tensor)\(")
"""Text that numpy and torch print before numbers."""
_SCALAR = re.compile(r"\b(?:np|numpy)\.\w+\(([^(),]*)\)")
"""A number as numpy 2 prints it in a list: np.float64(0.5)."""
_NUMBER_TYPE = re.compile(r",\s*(?:dtype|device)=")
"""Beginning of the text that numpy and torch print after numbers."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d+)?")
"""A number with separators of thousands: 1,004 or 1.234,5."""
_DECIMAL_OR_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
"""A number such as 1,004, which may be 1.004 or 1004."""
_DATA_URL = re.compile(r"data:image/[\w.+-]{1,40};base64,")
_SOUND_HEADS = (b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"FORM")
"""First bytes of FLAC, Ogg, MP3 and AIFF files."""
_MOST_TRIED = 1 << 16
"""To find out if a text is a vector, this number of characters at its start is parsed."""


def picture_parts(cell: Any) -> tuple[str | None, bytes | None]:
    """Return the path and the bytes of a picture in a cell. A part that is missing is None.

    A cell is a path, bytes, the text of a data URL, or, in a Hugging Face data set, a dictionary
    with path and bytes. Raises ItemError if a data URL is damaged.
    """
    if isinstance(cell, dict):
        path, data = cell.get("path"), cell.get("bytes")
        return (
            path if isinstance(path, str) and path else None,
            data if isinstance(data, bytes) and data else None,
        )
    if isinstance(cell, bytes):
        return None, cell or None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell), None  # a number can name a file such as 1.png
    if not isinstance(cell, str):
        return None, None
    if _DATA_URL.match(cell):
        try:
            return None, base64.b64decode(cell[cell.index(",") + 1 :], validate=True) or None
        except (binascii.Error, ValueError) as error:
            raise ItemError(f"the data URL of the picture is damaged: {error}") from error
    return cell.strip() or None, None


def sketched(row: Row) -> Row:
    """Return the row with the first bytes of each picture, which suffice to recognise a picture."""
    return {
        name: {key: _begun(value) for key, value in cell.items()}
        if isinstance(cell, dict)
        else _begun(cell)
        for name, cell in row.items()
    }


def _begun(cell: Any) -> Any:
    if isinstance(cell, str) and _DATA_URL.match(cell):
        return cell[: cell.index(",") + 1]
    return cell[:16] if isinstance(cell, bytes) else cell


def is_picture(cell: Any) -> bool:
    """Whether the cell contains a picture, not the path of a picture."""
    if isinstance(cell, str):
        return _DATA_URL.match(cell) is not None
    return isinstance(cell, bytes) or (isinstance(cell, dict) and "bytes" in cell)


def is_sound(cell: Any) -> bool:
    """Whether the cell contains a sound, by its first bytes."""
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        return False
    return data.startswith(_SOUND_HEADS) or (data[:4] == b"RIFF" and data[8:12] == b"WAVE")


def is_vector(cell: Any) -> bool:
    """Whether the cell is a list of two or more numbers, or a text that contains such a list."""
    if isinstance(cell, str):
        text = cell[:_MOST_TRIED].strip()
        if not text or text[0] not in "[(0123456789-+.anpt":
            return False
        if len(cell) > _MOST_TRIED:
            text = text.rpartition(text[-1] if text[-1] in ", ;" else ",")[0] or text
        try:
            return len(_text_numbers(text)) > 1
        except ValueError:
            return False
    return (
        isinstance(cell, list)
        and len(cell) > 1
        and all(isinstance(value, int | float) for value in cell)
    )


def vector_of(cell: Any) -> npt.NDArray[np.float32]:
    """Return the vector (F,) in a cell: a list of numbers, or text of numbers. Raises ItemError.

    Text may be a JSON list, or what numpy or torch print: "[0.1 0.2]", "tensor([0.1, 0.2])",
    "[np.float64(0.1), np.float64(0.2)]".
    """
    try:
        values = _text_numbers(cell) if isinstance(cell, str) else cell
        vector = np.asarray(values, np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise ItemError(f"the vector is not a list of numbers: {error}") from error
    if vector.ndim != 1 or vector.size == 0:
        raise ItemError("the vector is not a list of numbers")
    return vector


def _text_numbers(text: str) -> Sequence[float]:
    """Return the numbers in a text. Raises ValueError."""
    text = _SCALAR.sub(r"\1", text.strip())
    wrapped = _WRAPPED.match(text)
    if wrapped is not None and text.endswith(")"):
        # One regular expression for the whole text would take quadratic time for many "dtype=".
        text = _NUMBER_TYPE.split(text[wrapped.end() : -1], maxsplit=1)[0].strip()
    if text.startswith("[") and "," in text:
        try:
            return json_value(text)
        except ValueError:
            pass  # the text has NaN, or other text that only float() reads
    if "..." in text:
        raise ValueError("numpy has printed '...' instead of most numbers; save the whole vector")
    if text[:1] in ("[", "("):
        if text[-1:] not in ("]", ")"):
            raise ValueError("the list does not end")
        text = text[1:-1]
    return [float(number) for number in _NUMBERS.findall(text)]


def number_of(cell: Any) -> float | None:
    """Return the number in a cell. None if the cell is not a number. An empty cell is NaN."""
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, int | float):
        try:
            return float(cell)
        except OverflowError:
            return None
    if cell is None:
        return math.nan
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if not text:
        return math.nan
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def has_decimal_comma(cell: Any) -> bool:
    """Whether the cell is a text such as 0,5 or 1,004. The text 1,004 may also mean 1004."""
    return isinstance(cell, str) and _DECIMAL_COMMA.fullmatch(cell.strip()) is not None


def may_be_grouped(cell: Any) -> bool:
    """Whether the comma may separate thousands: true for 1,004, false for 0,004 and 1,5."""
    return isinstance(cell, str) and _DECIMAL_OR_GROUPED.fullmatch(cell.strip()) is not None


def has_decimal_point(cell: Any) -> bool:
    """Whether the cell is a text that contains a number with a decimal point, such as "0.5"."""
    return isinstance(cell, str) and "." in cell and number_of(cell) is not None


def is_grouped(cell: Any) -> bool:
    """Whether the cell is a text that contains a number with thousands separators: "1,234,567"."""
    return isinstance(cell, str) and _GROUPED.fullmatch(cell.strip()) is not None


def vector_of_cells(
    row: Row, columns: Sequence[str], decimal_commas: Collection[str]
) -> npt.NDArray[np.float32]:
    """Return the vector (F,) of the numbers in a row.

    Args:
        row: The row.
        columns: Names of the F columns, in the order of the vector.
        decimal_commas: Columns in which a comma is the decimal mark.

    Raises:
        ItemError: A cell is not a number, or has a comma that may separate thousands.
    """
    numbers: list[float] = []
    for column in columns:
        cell = row.get(column)
        number = number_of(cell)
        if column not in decimal_commas and has_decimal_comma(cell):
            number = None
        if number is None or math.isnan(number):
            raise ItemError(
                f"the column {short(column)} has '{str(cell)[:40]}', which is not read as a number"
                + ("; write it without commas" if isinstance(cell, str) and "," in cell else "")
            )
        numbers.append(number)
    with np.errstate(over="ignore"):
        return np.asarray(numbers, np.float32)


def text_of(value: Any) -> str | None:
    """Return the text of a cell, or None for an empty cell."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    return text or None


def joined(folder: Any, name: str) -> str:
    """Return the path of a file in a folder, which may be empty."""
    given = folder.strip().rstrip("/\\") if isinstance(folder, str) else ""
    return f"{given}/{name.strip()}" if given else name


def vector_of_length(cell: Any, length: int | None) -> npt.NDArray[np.float32]:
    """Return the vector in a cell. Raises ItemError if it has not `length` numbers."""
    vector = vector_of(cell)
    if length is not None and vector.size != length:
        raise ItemError(f"a vector of {vector.size} numbers; most vectors have {length} numbers")
    return vector


def usual_length(first: Sequence[Row], column: str | None) -> int | None:
    """Return the most frequent length of the vectors in the first rows; None without vectors."""
    if column is None:
        return None
    lengths: Counter[int] = Counter()
    for row in first:
        if is_vector(row.get(column)):
            try:
                lengths[vector_of(row[column]).size] += 1
            except ItemError:
                continue
    return lengths.most_common(1)[0][0] if lengths else None
