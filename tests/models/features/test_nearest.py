"""Exact search for the nearest rows, compared with all distances in double precision."""

import numpy as np
import pytest

from lodespace.models.features import nearest
from lodespace.models.features.nearest import SearchSpace


def distances(rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of each row (N, F) to the nearest of `points` (K, F)."""
    squared = np.square(rows[:, None].astype(np.float64) - points[None].astype(np.float64))
    return np.sqrt(squared.sum(axis=2).min(axis=1))


@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_search_returns_the_nearest_rows_in_exact_order(offset: float) -> None:
    rows = (np.random.default_rng(0).normal(size=(40_000, 8)) + offset).astype(np.float32)
    found = SearchSpace("numbers", rows).nearest_to_items(np.array([7, 90]), 40)
    truth = distances(rows, rows[[7, 90]])
    truth[[7, 90]] = np.inf
    wanted = np.argsort(truth, kind="stable")[:40]
    assert found.items.tolist() == wanted.tolist()
    np.testing.assert_allclose(found.distances, truth[wanted], rtol=1e-5)
    assert found.compared == 2


def test_search_in_scaled_features_compares_scaled_values() -> None:
    rows = np.array([[0, 0], [1, 0], [0, 20], [50, 50]], np.float32)
    space = SearchSpace("numbers", rows, np.zeros(2, np.float32), np.array([1, 0.01], np.float32))
    assert space.nearest_to_items(np.array([0]), 2).items.tolist() == [2, 1]
    assert SearchSpace("numbers", rows).nearest_to_items(np.array([0]), 2).items.tolist() == [1, 2]


def test_search_returns_fewer_items_when_none_are_left() -> None:
    rows = np.arange(12, dtype=np.float32).reshape(6, 2)
    space = SearchSpace("numbers", rows)
    assert space.nearest_to_items(np.arange(4), 10).items.tolist() == [4, 5]
    assert space.nearest_to_items(np.arange(6), 10).items.tolist() == []


def test_many_examples_are_represented_by_evenly_spread_ones() -> None:
    rows = np.random.default_rng(1).normal(size=(5000, 4)).astype(np.float32)
    found = SearchSpace("numbers", rows).nearest_to_items(np.arange(2000), 500)
    assert found.compared == nearest.MOST_EXAMPLES
    assert found.items.min() >= 2000 and len(set(found.items.tolist())) == 500
    assert nearest.examples_for(np.broadcast_to(np.float32(0), (1_000_000, 64))) >= 16
