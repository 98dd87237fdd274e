"""Columns of a table in a few bins."""

import numpy as np
import pytest

from lodespace.items.column_bins import MAX_BINS, NO_BIN, NUMBER_BINS, binned
from lodespace.items.column_values import ColumnValues

NAN = float("nan")


def test_few_different_numbers_have_a_bin_each() -> None:
    found = binned(ColumnValues("number", np.array([3.0, 1.5, NAN, 3.0])))
    assert found.names == ("1.5", "3")
    assert found.codes.tolist() == [1, 0, NO_BIN, 1]


def test_many_numbers_are_divided_at_quantiles() -> None:
    numbers = np.random.default_rng(0).lognormal(size=8000)
    found = binned(ColumnValues("number", numbers))
    counts = np.bincount(found.codes)
    assert len(found.names) == len(counts) == NUMBER_BINS
    assert counts.min() > 990
    for code in range(NUMBER_BINS - 1):
        assert numbers[found.codes == code].max() < numbers[found.codes == code + 1].min()
    low, high = found.names[3].split(" to ")
    inside = numbers[found.codes == 3]
    assert (float(low), float(high)) == pytest.approx((inside.min(), inside.max()), rel=1e-3)


def test_numbers_that_are_mostly_equal_have_no_empty_bin() -> None:
    numbers = np.r_[np.zeros(900), np.arange(100.0)]
    found = binned(ColumnValues("number", numbers))
    assert (np.bincount(found.codes, minlength=len(found.names)) > 0).all()


@pytest.mark.parametrize(
    ("days", "name"),
    [(30, "2026-01-01 to 2026-01-04"), (1, "2026-01-01 00:00 to 2026-01-01 02:58")],
)
def test_dates_have_a_bin_per_range_of_days_or_minutes(days: int, name: str) -> None:
    first = np.datetime64("2026-01-01", "s").astype(float)
    times = first + np.linspace(0, days * 86_400, 800)
    assert binned(ColumnValues("date", times)).names[0] == name


def test_rare_categories_share_the_last_bin() -> None:
    index = np.r_[np.arange(30), np.arange(5, 30), NAN]
    names = tuple(f"c{k}" for k in range(30))
    found = binned(ColumnValues("category", index.astype(float), names))
    assert found.names == (*names[5 : 5 + MAX_BINS - 1], "7 others")
    assert found.codes[0] == found.codes[28] == MAX_BINS - 1
    assert found.codes[5] == found.codes[30] == 0 and found.codes[-1] == NO_BIN
