"""The scales of named axes. A scale converts the values of a column to places along an axis."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # pyarrow takes 0.1 s to import
    from lodespace.items.column_values import ColumnValues

LARGEST_PLACE = 3.0
"""Largest distance of an item from the middle of the axis, in standard deviations. More extreme
values are placed at this distance, so that they do not compress all other values into the
middle."""
SKEWED = 1.5
"""Positive numbers with a larger skewness get a logarithmic scale, if their logarithms have less
than half of the skewness.
"""
FEWEST_TICKS, MOST_TICKS = 3, 5

Places = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


class Tick(NamedTuple):
    """A marked value of an axis."""

    place: float
    """Place of the value, in standard deviations from the mean."""
    text: str
    """The value in the units of the column."""


class AxisScale(NamedTuple):
    """The values of N items on an axis."""

    places: Places
    """Place of each item, float32 (N,), with mean 0 and standard deviation 1.

    An item without a value has the place NaN.
    """
    ticks: tuple[Tick, ...]
    """Marked values, ascending."""

    @classmethod
    def of_column(cls, column: "ColumnValues") -> "AxisScale":
        """Return the scale of a column with at least two distinct values."""
        if column.kind == "category":
            names = column.categories
            chosen = _evenly(len(names), MOST_TICKS)
            return _linear(column.numbers, [(float(k), names[k]) for k in chosen])
        bent = _is_logarithmic(column)
        numbers = np.log10(column.numbers) if bent else column.numbers
        low, high = np.nanquantile(column.numbers, [0.02, 0.98])
        if low == high:
            low, high = np.nanmin(column.numbers), np.nanmax(column.numbers)
        if column.kind == "date":
            return _linear(numbers, date_ticks(float(low), float(high)))
        if bent:
            ticks = logarithmic_ticks(float(low), float(high))
            return _linear(numbers, [(math.log10(value), text) for value, text in ticks])
        return _linear(numbers, number_ticks(float(low), float(high)))

    @classmethod
    def of_two_sides(
        cls, low: npt.NDArray[np.bool_], high: npt.NDArray[np.bool_], texts: tuple[str, str]
    ) -> "AxisScale":
        """Return the scale of two groups of items, which are given as masks, bool (N,).

        The items of `low` have the value -1, and the items of `high` have the value 1. `texts` are
        the texts of the two ticks.
        """
        numbers = np.where(high, 1.0, np.where(low, -1.0, np.nan))
        return _linear(numbers, [(-1.0, texts[0]), (1.0, texts[1])])


def _linear(numbers: Numbers, ticks: list[tuple[float, str]]) -> AxisScale:
    """Return a linear scale of `numbers` (N,). Extreme numbers are limited.

    The limit is LARGEST_PLACE times a unit that outliers hardly change. The unit is half the
    distance between two quantiles. In a Gaussian, these quantiles lie one standard deviation from
    the mean.
    """
    low, middle, high = np.nanquantile(numbers, [0.1587, 0.5, 0.8413])
    unit = (high - low) / 2 or np.nanstd(numbers)
    limited = ((numbers - middle) / unit).clip(-LARGEST_PLACE, LARGEST_PLACE)
    mean, deviation = np.nanmean(limited), np.nanstd(limited)

    def place(number: float) -> float:
        limited = min(LARGEST_PLACE, max(-LARGEST_PLACE, (number - middle) / unit))
        return float((limited - mean) / deviation)

    places = ((limited - mean) / deviation).astype(np.float32)
    return AxisScale(places, tuple(Tick(place(number), text) for number, text in ticks))


def _is_logarithmic(column: "ColumnValues") -> bool:
    if column.kind != "number" or np.nanmin(column.numbers) <= 0:
        return False
    skew = _skewness(column.numbers)
    return skew > SKEWED and abs(_skewness(np.log10(column.numbers))) < skew / 2


def _skewness(numbers: Numbers) -> float:
    known = numbers[~np.isnan(numbers)]
    deviation = known.std()
    return float(((known - known.mean()) ** 3).mean() / deviation**3) if deviation > 0 else 0.0


def _evenly(count: int, most: int) -> list[int]:
    """Return at most `most` of the numbers 0..count - 1, with the first and the last of them."""
    if count <= most:
        return list(range(count))
    return [round(k * (count - 1) / (most - 1)) for k in range(most)]


def number_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return a few round numbers from `low` to `high`, with their texts."""
    rough = (high - low) / MOST_TICKS
    power = math.floor(math.log10(rough))
    for exponent in (power, power + 1):
        for factor in (1, 2, 2.5, 5):
            step = factor * 10.0**exponent
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if FEWEST_TICKS <= last - first + 1 <= MOST_TICKS:
                digits = max(0, -exponent + (factor == 2.5))
                # Numbers below 10,000 have no comma, because years are often imported as numbers.
                comma = "," if max(abs(low), abs(high)) >= 10_000 else ""
                values = [k * step + 0.0 for k in range(first, last + 1)]
                return [(value, f"{value:{comma}.{digits}f}") for value in values]
    return [(value, f"{value:.4g}") for value in np.linspace(low, high, FEWEST_TICKS).tolist()]


def logarithmic_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return a few numbers from `low` to `high` for a logarithmic scale, with their texts.

    `low` must be positive.
    """
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    several = max(1, math.ceil(len(exponents) / MOST_TICKS))
    for every, factors in ((1, (1, 2, 5)), (1, (1, 3)), (several, (1,))):
        values = [f * 10.0**e for e in exponents if e % every == 0 for f in factors]
        inside = [value for value in values if low * 0.999 <= value <= high * 1.001]
        if FEWEST_TICKS <= len(inside) <= MOST_TICKS:
            return [(value, f"{value:,.10g}") for value in inside]
    places = np.geomspace(low, high, FEWEST_TICKS).tolist()
    return [(value, f"{value:.3g}") for value in places]


def date_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return the starts of years, months, days, hours, minutes or seconds, with their texts.

    `low` and `high` are seconds since 1970 (UTC).
    """
    start, end = _date(low), _date(high)
    for steps, text in _CALENDAR:
        for step in steps:
            found = [date for date in step(start, end) if start <= date <= end]
            if FEWEST_TICKS <= len(found) <= MOST_TICKS:
                return [((date - _EPOCH).total_seconds(), f"{date:{text}}") for date in found]
    return [
        (second, f"{_date(second):%Y-%m-%d %H:%M:%S}")
        for second in np.linspace(low, high, FEWEST_TICKS).tolist()
    ]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Step = Callable[[datetime, datetime], list[datetime]]


def _date(second: float) -> datetime:
    """Return the date at `second` (seconds since 1970), limited to the dates that Python can
    represent.
    """
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
    least, most = (first - _EPOCH).total_seconds(), (last - _EPOCH).total_seconds()
    return _EPOCH + timedelta(seconds=min(most, max(least, second)))


def _every_years(years: int) -> _Step:
    def dates(start: datetime, end: datetime) -> list[datetime]:
        first = max(1, -(-start.year // years) * years)
        return [datetime(y, 1, 1, tzinfo=UTC) for y in range(first, end.year + 1, years)]

    return dates


def _every_months(months: int) -> _Step:
    def dates(start: datetime, end: datetime) -> list[datetime]:
        count = 12 * (end.year - start.year + 1)
        if count > 400:
            return []
        numbers = range(12 * start.year, 12 * start.year + count, months)
        return [datetime(k // 12, k % 12 + 1, 1, tzinfo=UTC) for k in numbers]

    return dates


def _every_seconds(seconds: int) -> _Step:
    def dates(start: datetime, end: datetime) -> list[datetime]:
        first = math.ceil((start - _EPOCH).total_seconds() / seconds)
        last = math.floor((end - _EPOCH).total_seconds() / seconds)
        if last - first + 1 > MOST_TICKS:
            return []
        return [_EPOCH + timedelta(seconds=k * seconds) for k in range(first, last + 1)]

    return dates


_DAY = 86_400
_CALENDAR: tuple[tuple[list[_Step], str], ...] = (
    (
        [_every_years(k) for k in (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)],
        "%Y",
    ),
    ([_every_months(months) for months in (6, 3, 2, 1)], "%b %Y"),
    ([_every_seconds(days * _DAY) for days in (14, 7, 5, 2, 1)], "%d %b %Y"),
    ([_every_seconds(hours * 3600) for hours in (12, 6, 3, 1)], "%d %b %H:%M"),
    ([_every_seconds(minutes * 60) for minutes in (30, 15, 5, 2, 1)], "%H:%M"),
    ([_every_seconds(seconds) for seconds in (30, 15, 5, 2, 1)], "%H:%M:%S"),
)
"""Steps between ticks, from long to short, and the format of the ticks' texts."""
