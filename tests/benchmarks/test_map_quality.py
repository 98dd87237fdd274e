"""Figures of a map against scikit-learn."""

import numpy as np
import pytest
from map_quality import (
    held_out_neighbour_accuracy,
    nearest_neighbour_accuracy,
    silhouette,
    spread,
    within_between_ratio,
)
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier


@pytest.fixture(params=[2, 3])
def blobs(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """1,300 points (more than one block) of 7 overlapping classes of unequal size."""
    rng = np.random.default_rng(0)
    labels = rng.choice(7, 1300, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05])
    return rng.normal(size=(7, request.param))[labels] * 1.5 + rng.normal(
        size=(1300, request.param)
    ), labels


def test_silhouette_is_scikit_learns(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    points, labels = blobs
    assert silhouette(points, labels) == pytest.approx(silhouette_score(points, labels), abs=1e-9)


def test_silhouette_of_a_class_of_one_is_scikit_learns() -> None:
    points, labels = np.array([[0.0, 0], [0, 1], [5, 5], [9, 9], [9, 8]]), np.array([0, 0, 1, 2, 2])
    assert silhouette(points, labels) == pytest.approx(silhouette_score(points, labels), abs=1e-12)


def test_silhouette_of_points_that_coincide_is_zero() -> None:
    assert silhouette(np.zeros((4, 2)), np.array([0, 0, 1, 1])) == 0


def test_held_out_accuracy_is_scikit_learns(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    points, labels = blobs
    reference = KNeighborsClassifier(10).fit(points[:1000], labels[:1000])
    wanted = reference.score(points[1000:], labels[1000:])
    assert (
        held_out_neighbour_accuracy(points[:1000], labels[:1000], points[1000:], labels[1000:])
        == wanted
    )


def test_accuracy_among_all_leaves_the_item_itself_out(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    points, labels = blobs
    near = np.argsort(((points[:, None] - points) ** 2).sum(axis=2), axis=1)[:, 1:11]
    wanted = np.mean(
        [
            np.bincount(labels[n], minlength=7).argmax() == own
            for n, own in zip(near, labels, strict=True)
        ]
    )
    assert nearest_neighbour_accuracy(points, labels) == pytest.approx(wanted)


def test_within_between_of_two_pairs() -> None:
    """Within: every point is 1 from its class mean. Between: the means are 5 from the middle."""
    points = np.array([[-5.0, 1], [-5, -1], [5, 1], [5, -1]])
    assert within_between_ratio(points, np.array([0, 0, 1, 1])) == pytest.approx(1 / 5)


def test_spread_is_the_mean_standard_deviation() -> None:
    assert spread(np.array([[0.0, 0], [2, 6]])) == pytest.approx((1 + 3) / 2)
