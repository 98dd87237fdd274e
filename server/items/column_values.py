"""Columns of the table as numbers, dates or categories, which the axes of the map can show."""

import contextlib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lodespace.items.item_set import ItemSet
from lodespace.items.table import ItemTable

ColumnKind = Literal["number", "date", "category"]
MAX_CATEGORIES = 200
"""Largest number of distinct texts in a column of categories."""
MAX_COLUMNS = 300
"""Largest number of columns that are offered. A table may have 30,000 columns."""
MAX_ROWS = 100_000
"""Largest number of rows that are read to decide whether a column is offered."""


class ColumnValues(NamedTuple):
    """The values of one column for N items."""

    kind: ColumnKind
    """Kind of the values."""
    numbers: npt.NDArray[np.float64]
    """Value of each item as a number, (N,): the number itself, the seconds since 1970 (UTC) of a
    date, or the index of the category. NaN for an item without a value."""
    categories: tuple[str, ...] = ()
    """Texts of the categories, in natural order; empty for numbers and dates."""


def value_columns(items: ItemSet) -> Iterator[tuple[str, ColumnValues]]:
    """Yield name and values of each column with numbers, dates or categories that are not all
    equal.

    The values are those of the first MAX_ROWS items.
    """
    if items.table is not None:
        for name in items.table.columns[:MAX_COLUMNS]:
            found = column_values(items.table, name, MAX_ROWS)
            if found is not None and np.nanmin(found.numbers) < np.nanmax(found.numbers):
                yield name, found


def column_values(table: ItemTable, name: str, most_rows: int | None = None) -> ColumnValues | None:
    """Return the values of the column `name`, of all items or of the first `most_rows`.

    Returns None if there is no such column, or if all values are missing. Also returns None if the
    values are lists or structures. For texts that are neither numbers nor dates, returns None if
    there are too many distinct texts for categories.
    """
    if name not in table.columns:
        return None
    column = table.table[name].slice(0, most_rows)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    found = _read(column)
    return None if found is None or np.isnan(found.numbers).all() else found


def _read(column: pa.ChunkedArray) -> ColumnValues | None:
    kind = column.type
    if _is_number(kind):
        return ColumnValues("number", _numbers(column))
    if pa.types.is_temporal(kind):
        return _dates(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(column)
    return None


def _is_number(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    found = column.cast(pa.float64(), safe=False).to_numpy()
    return np.where(np.isfinite(found), found, np.nan)


def _dates(column: pa.ChunkedArray) -> ColumnValues | None:
    """Return dates and times as seconds since 1970. Times of day and durations are numbers."""
    if pa.types.is_duration(column.type):
        return ColumnValues("number", _seconds(column.cast(pa.duration("us"), safe=False)))
    if pa.types.is_time(column.type):
        micros = column.cast(pa.time64("us"), safe=False)
        return ColumnValues("number", _seconds(micros))
    with contextlib.suppress(pa.ArrowException):
        zone = getattr(column.type, "tz", None)
        micros = column.cast(pa.timestamp("us", zone), safe=False)
        return ColumnValues("date", _seconds(micros))
    return None


def _seconds(micros: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return _numbers(micros.cast(pa.int64())) / 1e6


def _texts(column: pa.ChunkedArray) -> ColumnValues | None:
    trimmed = pc.call_function("utf8_trim_whitespace", [column])
    empty = pc.call_function("equal", [trimmed, ""])
    texts = pc.call_function("if_else", [empty, pa.scalar(None, trimmed.type), trimmed])
    with contextlib.suppress(pa.ArrowException):
        return ColumnValues("number", _numbers(texts.cast(pa.float64())))
    with contextlib.suppress(pa.ArrowException):
        return ColumnValues("date", _seconds(texts.cast(pa.timestamp("us"))))
    with contextlib.suppress(pa.ArrowException):
        return ColumnValues("date", _seconds(texts.cast(pa.timestamp("us", "UTC"))))
    encoded = texts.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    names: list[str] = encoded.dictionary.to_pylist()
    if len(names) > min(MAX_CATEGORIES, max(2, len(column) // 2)):
        return None
    order = sorted(range(len(names)), key=lambda k: natural_order(names[k]))
    place = np.empty(len(names) + 1)
    place[order], place[-1] = np.arange(len(names)), np.nan
    index = pc.fill_null(encoded.indices, len(names)).to_numpy(zero_copy_only=False)
    return ColumnValues("category", place[index.astype(np.intp)], tuple(names[k] for k in order))


def natural_order(text: str) -> list[tuple[int, float, str]]:
    """Return a sort key for texts, by which "S2" comes before "S10"."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(1, 0.0, part) if k % 2 == 0 else (0, float(part), "") for k, part in enumerate(parts)]
