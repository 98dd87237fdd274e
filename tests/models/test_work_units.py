"""Sizes of units of work."""

import math

import pytest

from lodespace.models.work_units import (
    UNITS_PER_PASS,
    is_power_of_two,
    items_of_network,
    items_per_unit,
    short_units_per_turn,
)


@pytest.mark.parametrize("n", [1, 999, 5000, 32_000, 32_001, 70_000, 1_000_000, 25_000_000])
def test_a_pass_has_a_bounded_number_of_units(n: int) -> None:
    size = items_per_unit(n, 1000)
    assert math.ceil(n / size) <= UNITS_PER_PASS
    assert size % 1000 == 0


@pytest.mark.parametrize("n", [0, 200, 5000, 20_000, 32_000])
def test_units_of_small_data_sets_are_single_batches(n: int) -> None:
    assert items_per_unit(n, 1000) == 1000


def test_short_units_of_a_turn_grow_with_the_work_for_all_items() -> None:
    counts = (200, 20_000, 100_000, 1_000_000)
    assert [short_units_per_turn(n, "image") for n in counts] == [1, 1, 4, 40]
    assert [short_units_per_turn(n, "vector") for n in counts] == [1, 2, 10, 100]


def test_few_short_units_in_a_turn_while_representatives_move() -> None:
    counts = (110_000, 200_000, 1_000_000)
    assert [short_units_per_turn(n, "vector", live=True) for n in counts] == [1, 2, 13]


def test_a_pass_through_a_network_has_longer_units_of_few_items_only() -> None:
    found = [items_of_network(per_unit, "vector") for per_unit in (1000, 7000, 10_000, 32_000)]
    assert found == [4000, 28_000, 30_000, 32_000]
    assert items_of_network(64_000, "vector") == 64_000
    assert items_of_network(1000, "image") == 1000


def test_powers_of_two_are_few() -> None:
    assert [k for k in range(-3, 20) if is_power_of_two(k)] == [1, 2, 4, 8, 16]
