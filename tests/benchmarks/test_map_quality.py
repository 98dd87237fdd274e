"""Quality measures of a map, compared with their definitions in numpy."""

import numpy as np
import pytest
from map_quality import (
    held_out_neighbour_accuracy,
    nearest_neighbour_accuracy,
    silhouette,
    spread,
    within_between_ratio,
)


@pytest.fixture(params=[2, 3])
def blobs(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """1,300 points of 7 overlapping classes of unequal size."""
    rng = np.random.default_rng(0)
    labels = rng.choice(7, 1300, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05])
    return rng.normal(size=(7, request.param))[labels] * 1.5 + rng.normal(
        size=(1300, request.param)
    ), labels


def vote(labels: np.ndarray, near: np.ndarray, own: np.ndarray) -> float:
    """Return the share of items whose class `own` (N,) is the majority class of their neighbours
    `near` (N, k)."""
    chosen = [np.bincount(labels[n], minlength=7).argmax() for n in near]
    return float(np.mean(chosen == own))


def test_silhouette_is_the_mean_of_each_items_share(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    """Compare with Rousseeuw's definition, computed item by item."""
    points, labels = blobs
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    member = labels[:, None] == np.arange(7)
    means = distance @ member / member.sum(axis=0)
    each = np.arange(len(points))
    size = member.sum(axis=0)[labels]
    within = means[each, labels] * size / (size - 1)
    means[each, labels] = np.inf
    nearest = means.min(axis=1)
    wanted = ((nearest - within) / np.maximum(within, nearest)).mean()
    assert silhouette(points, labels) == pytest.approx(wanted, abs=1e-9)


def test_silhouette_of_a_class_of_one_is_zero() -> None:
    points, labels = np.array([[0.0, 0], [0, 1], [9, 9]]), np.array([0, 0, 1])
    far = np.hypot(9, [9, 8])
    assert silhouette(points, labels) == pytest.approx((1 - 1 / far).sum() / 3)


def test_silhouette_of_points_that_coincide_is_zero() -> None:
    assert silhouette(np.zeros((4, 2)), np.array([0, 0, 1, 1])) == 0


def test_held_out_accuracy_is_the_vote_of_the_trained_items(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    points, labels = blobs
    distance = ((points[1000:, None] - points[None, :1000]) ** 2).sum(axis=2)
    wanted = vote(labels, np.argsort(distance, axis=1)[:, :10], labels[1000:])
    found = held_out_neighbour_accuracy(points[:1000], labels[:1000], points[1000:], labels[1000:])
    assert found == pytest.approx(wanted)


def test_accuracy_among_all_leaves_the_item_itself_out(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    points, labels = blobs
    near = np.argsort(((points[:, None] - points) ** 2).sum(axis=2), axis=1)[:, 1:11]
    wanted = vote(labels, near, labels)
    assert nearest_neighbour_accuracy(points, labels) == pytest.approx(wanted)


def test_within_between_of_two_pairs() -> None:
    """Within: every point is 1 from its class mean. Between: the means are 5 from the middle."""
    points = np.array([[-5.0, 1], [-5, -1], [5, 1], [5, -1]])
    assert within_between_ratio(points, np.array([0, 0, 1, 1])) == pytest.approx(1 / 5)


def test_spread_is_the_mean_standard_deviation() -> None:
    assert spread(np.array([[0.0, 0], [2, 6]])) == pytest.approx((1 + 3) / 2)
