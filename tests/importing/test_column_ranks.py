"""Ranks of items by a column."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from lodespace.items.column_ranks import NO_VALUE, ranks
from lodespace.items.item_set import load_digits
from lodespace.items.table import ItemTable


def ranked(values: list[Any]) -> list[int] | None:
    """Return the ranks of the first items of a project whose column repeats `values`."""
    table = pa.table({"value": (values * 5000)[:5000]})
    items = replace(load_digits(), table=ItemTable(table))
    found = ranks(items, "value")
    return None if found is None else found[: len(values)].tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.5, -1, None, 3.5, 20], [1, 0, NO_VALUE, 1, 2]),
        (["10", "9", ""], [1, 0, NO_VALUE]),
        (["2024-03-01", "2023-12-31"], [1, 0]),
        (["S10", "s2", "S1", None], [2, 1, 0, NO_VALUE]),
    ],
)
def test_items_are_ranked_by_value(values: list[Any], expected: list[int]) -> None:
    assert ranked(values) == expected


def test_free_texts_are_ranked_in_natural_order() -> None:
    for form in ("clip {}.wav", "{}²"):
        texts = [form.format(k) for k in range(300)]
        assert ranked(texts[::-1]) == list(range(300))[::-1]


def test_items_without_ids_are_ranked_by_their_number() -> None:
    found = ranks(load_digits(), None)
    assert found is not None
    assert found.tolist() == list(range(5000))
    assert ranks(load_digits(), "site") is None


def test_a_column_named_id_is_not_the_id_of_the_items() -> None:
    table = pa.table({"id": list(range(5000, 0, -1))})
    found = ranks(replace(load_digits(), table=ItemTable(table)), "id")
    assert found is not None
    assert found.tolist() == list(range(5000))[::-1]
