"""Meaning of the cells of a table: pictures, labels, vectors, numbers."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.importing.tables.table_rows import Row
from lodespace.items.errors import ItemError
from lodespace.json_input import json_value

_NUMBERS = re.compile(r"[^\s,;|]+")
_WRAPPED = re.compile(r"(?:np\.)?(?:array|tensor)\(")
"""Text that numpy and torch print before numbers."""
_NUMBER_TYPE = re.compile(r",\s*(?:dtype|device)=")
"""Begin of the text that numpy and torch print after numbers."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_MOST_TRIED = 1 << 16
"""Largest number of characters of a text that is tried as a vector to find the columns."""


def picture_parts(cell: Any) -> tuple[str | None, bytes | None]:
    """Return the path and the bytes of a picture in a cell. A part that is missing is None.

    A cell is a path, bytes, or, in a Hugging Face data set, a dictionary with path and bytes.
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
        return str(cell), None  # files may be named 1.png, 2.png
    return (cell.strip() or None) if isinstance(cell, str) else None, None


def sketched(row: Row) -> Row:
    """The row with only the first bytes of each picture, enough to recognise picture columns."""
    return {
        name: {key: _begun(value) for key, value in cell.items()}
        if isinstance(cell, dict)
        else _begun(cell)
        for name, cell in row.items()
    }


def _begun(cell: Any) -> Any:
    return cell[:16] if isinstance(cell, bytes) else cell


def is_picture(cell: Any) -> bool:
    """Whether the cell contains a picture, not the path of a picture."""
    return isinstance(cell, bytes) or (isinstance(cell, dict) and "bytes" in cell)


def is_vector(cell: Any) -> bool:
    """Whether the cell is a list of two or more numbers, or text of such a list."""
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
    """The vector (F,) in a cell: a list of numbers, or text of numbers. Raises ItemError.

    Text may be a JSON list, or what numpy or torch print: "[0.1 0.2]", "tensor([0.1, 0.2])".
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
    """The numbers in a text. Raises ValueError."""
    text = text.strip()
    wrapped = _WRAPPED.match(text)
    if wrapped is not None and text.endswith(")"):
        # One expression for the whole text would take quadratic time for many "dtype=".
        text = _NUMBER_TYPE.split(text[wrapped.end() : -1], maxsplit=1)[0].strip()
    if text.startswith("[") and "," in text:
        try:
            return json_value(text)
        except ValueError:
            pass  # NaN, or the commas are followed by text that float() reads
    if "..." in text:
        raise ValueError("numpy has printed '...' instead of most numbers; save the whole vector")
    if text[:1] in ("[", "("):
        if text[-1:] not in ("]", ")"):
            raise ValueError("the list does not end")
        text = text[1:-1]
    return [float(number) for number in _NUMBERS.findall(text)]


def number_of(cell: Any) -> float | None:
    """The number in a cell. None if the cell is not a number. An empty cell is NaN."""
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


def vector_of_cells(cells: Iterable[Any]) -> npt.NDArray[np.float32]:
    """The vector (F,) of cells with one number each. Raises ItemError."""
    numbers: list[float] = []
    for cell in cells:
        number = number_of(cell)
        if number is None or math.isnan(number):
            raise ItemError(f"the vector has '{str(cell)[:40]}' in place of a number")
        numbers.append(number)
    with np.errstate(over="ignore"):
        return np.asarray(numbers, np.float32)


def text_of(value: Any) -> str | None:
    """The text of a cell, or None for an empty cell."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    return text or None
