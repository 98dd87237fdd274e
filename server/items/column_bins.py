"""Division of the values of a column into a few bins, for colours and bars on the page."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.items.column_values import ColumnKind, ColumnValues

MAX_BINS = 24
"""Largest number of bins of a column."""
NUMBER_BINS = 8
"""Largest number of bins of a column with numbers or dates."""
NO_BIN = 255
"""Bin of an item without a value."""
_DAY = 86_400.0


class Bins(NamedTuple):
    """The bins of one column for N items."""

    kind: ColumnKind
    """Kind of the values."""
    names: tuple[str, ...]
    """Name of each bin: a category, or the least and the largest value."""
    codes: npt.NDArray[np.uint8]
    """Index of the bin of each item, uint8 (N,); NO_BIN for an item without a value."""


def binned(values: ColumnValues) -> Bins:
    """Return the bins of a column.

    Each category has its own bin. If there are more than MAX_BINS categories, the rarest categories
    share the last bin. Numbers and dates are divided at quantiles, so that each bin has about the
    same number of items. If there are at most NUMBER_BINS distinct numbers, each has its own bin.
    """
    if values.kind == "category":
        return _categories(values)
    numbers = values.numbers
    known = ~np.isnan(numbers)
    distinct = np.unique(numbers[known])
    codes = np.full(len(numbers), NO_BIN, np.uint8)
    if len(distinct) <= NUMBER_BINS:
        codes[known] = np.searchsorted(distinct, numbers[known])
        names = [_text(values.kind, value, 0.0) for value in distinct]
        return Bins(values.kind, tuple(names), codes)
    shares = np.linspace(0, 1, NUMBER_BINS + 1)[1:-1]
    cuts = np.unique(np.quantile(numbers[known], shares, method="higher"))
    cuts = cuts[cuts > distinct[0]]
    codes[known] = np.searchsorted(cuts, numbers[known], side="right")
    span = float(distinct[-1] - distinct[0])
    names = []
    for code in range(len(cuts) + 1):
        inside = numbers[codes == code]
        ends = [_text(values.kind, float(end), span) for end in (inside.min(), inside.max())]
        names.append(ends[0] if ends[0] == ends[1] else " to ".join(ends))
    return Bins(values.kind, tuple(names), codes)


def _categories(values: ColumnValues) -> Bins:
    index = np.nan_to_num(values.numbers, nan=-1).astype(np.int64)
    counts = np.bincount(index[index >= 0], minlength=len(values.categories))
    shown = np.arange(len(counts))
    if len(counts) > MAX_BINS:
        shown = np.sort(np.argsort(-counts, kind="stable")[: MAX_BINS - 1])
    code_of = np.full(len(counts) + 1, len(shown), np.uint8)
    code_of[shown] = np.arange(len(shown))
    code_of[-1] = NO_BIN
    names = [values.categories[k] for k in shown]
    rest = len(counts) - len(shown)
    if rest > 0:
        names.append(f"{rest} others")
    return Bins("category", tuple(names), code_of[index])


def _text(kind: ColumnKind, value: float, span: float) -> str:
    """Return a number or date as text. `span` is the difference of the largest and least value."""
    if kind == "date":
        unit = "m" if 0 < span < 3 * _DAY else "D"
        return str(np.datetime64(round(value), "s").astype(f"datetime64[{unit}]")).replace("T", " ")
    return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
