"""Numbers in the cells of annotation tables: seconds, Hz, clock times, numbers with units."""

import re
from typing import Any

_LARGEST = 1e12
"""Limit for numbers of seconds or Hz. A cell with a number of this size or larger is an error."""
FACTORS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3, "min": 60.0, "minutes": 60.0,
    "hz": 1.0, "khz": 1e3,
}  # fmt: skip
"""Seconds or Hz per unit, for the units in names of columns."""
_IN_CELLS = FACTORS | {
    "sek": 1.0, "mins": 60.0, "minute": 60.0, "m": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0,
    "hours": 3600.0,
}  # fmt: skip
_PART = re.compile(r"([0-9]*[.,]?[0-9]+)\s*([a-z]+)\s*", re.IGNORECASE)
_DATE = re.compile(r"(\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})")


def number_in(cell: Any, factor: float = 1.0) -> float | None:
    """Return the number in a cell, multiplied by `factor`; None for an empty cell.

    A time may have the form "1:02:03.5", and a decimal number the form "1,5". A number with a unit,
    such as "3 s", "250 ms" or "1m30s", is converted to seconds or Hz by its unit, not by `factor`.

    Raises ValueError.
    """
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        if cell != cell:
            return None  # NaN stands for an empty cell
        return _checked(float(cell) * factor, cell)
    text = str(cell).strip()
    if not text or text.lower() in ("nan", "na", "n/a", "none", "null"):
        return None
    if len(text) > 40:
        raise ValueError(f"'{text[:20]}…' is not a number")
    if _DATE.match(text):
        raise ValueError(f"'{text}' is a date; give seconds from the start of the recording")
    parts = _PART.findall(text)
    if parts and _PART.sub("", text) == "" and all(unit.lower() in _IN_CELLS for _, unit in parts):
        values = (float(n.replace(",", ".")) * _IN_CELLS[unit.lower()] for n, unit in parts)
        return _checked(sum(values), text)
    if "," in text and "." not in text:
        text = text.replace(",", ".", 1)
    value = 0.0
    try:
        for part in text.split(":"):
            value = value * 60 + float(part)
    except ValueError as error:
        raise ValueError(f"'{text}' is not a number of seconds or Hz") from error
    # `factor` does not apply to a clock time such as 1:02:03, whose unit is known.
    return _checked(value * (1.0 if ":" in text else factor), text)


def _checked(value: float, cell: Any) -> float:
    if not abs(value) < _LARGEST:
        raise ValueError(f"'{str(cell)[:20]}' is too large for seconds or Hz")
    return value
