"""Cues, such as uncertainty and density: one byte per item, highest where a look is most useful."""

import numpy as np
import pytest

from lodespace.review.cues import cue
from samples.item_states import item_state, random_item_state

ALL = ("uncertainty", "density", "diversity", "coverage")


def blobs(axes: int, n: int = 400) -> np.ndarray:
    """Positions of a dense blob, of a sparse blob, and of one item far from both."""
    random = np.random.default_rng(0)
    dense = random.normal(20000, 300, (n, axes))
    sparse = random.normal(40000, 3000, (n // 4, axes))
    return np.concatenate([dense, sparse, np.full((1, axes), 60000)])


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("which", ALL)
def test_a_cue_is_one_byte_per_item_and_reproducible(which: str, axes: int) -> None:
    states = [random_item_state(2, axes=axes) for _ in range(2)]
    first, again = (cue(state, which) for state in states)  # type: ignore[arg-type]
    assert first.dtype == np.uint8 and first.shape == (300,)
    assert np.array_equal(first, again) and len(np.unique(first)) > 2


def test_uncertainty_is_what_the_margin_leaves() -> None:
    j = item_state([-1, -1, 0, -1], [0, 1, 0, -1], [1.0, 0.75, 0.5, 0.0])
    assert cue(j, "uncertainty").tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize("axes", [2, 3])
def test_density_ranks_items_by_their_neighbours(axes: int) -> None:
    positions = blobs(axes)
    n = len(positions)
    found = cue(item_state([-1] * n, [-1] * n, [0] * n, positions=positions), "density").astype(int)
    dense, sparse = found[:400], found[400:-1]
    assert np.median(dense) > 140 and np.median(sparse) < 60
    assert found[-1] < 30 and found.max() > 220
    assert abs(found.mean() - 127.5) < 2  # ranks have this mean


@pytest.mark.parametrize("axes", [2, 3])
def test_diversity_is_the_distance_to_the_nearest_label(axes: int) -> None:
    positions = blobs(axes)
    n = len(positions)
    labels = np.full(n, -1)
    assert (
        cue(item_state(labels, [-1] * n, [0] * n, positions=positions), "diversity") == 255
    ).all()
    labels[:5] = 1
    found = cue(item_state(labels, [-1] * n, [0] * n, positions=positions), "diversity").astype(int)
    assert found[-1] == 255 and (found[:5] == 0).all()
    assert found[:400].max() < found[400:-1].min()
    labels[-1] = 0
    assert cue(item_state(labels, [-1] * n, [0] * n, positions=positions), "diversity")[-1] == 0


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("labelled", [0.01, 0.5])
def test_diversity_is_the_exact_distance_among_many_labels(axes: int, labelled: float) -> None:
    random = np.random.default_rng(4)
    positions = random.integers(10000, 50000, (3000, axes))
    labels = np.where(random.random(3000) < labelled, 0, -1)
    found = cue(item_state(labels, [-1] * 3000, [0] * 3000, positions=positions), "diversity")
    distance = np.linalg.norm(positions[:, None] - positions[None, labels == 0], axis=2).min(axis=1)
    np.testing.assert_array_equal(found, np.rint(distance / distance.max() * 255))


def test_diversity_searches_a_place_of_many_labels_once() -> None:
    """Many labels in one place count as one: a search tree over equal points would be slow."""
    n = 20_000
    positions = np.concatenate([np.zeros((n, 3), int), np.full((1, 3), 7)])
    labels = np.zeros(n + 1, int)
    labels[n // 2 :] = -1
    j = item_state(labels, [-1] * (n + 1), [0] * (n + 1), positions=positions)
    trees: list[int] = []
    from scipy import spatial

    class Counted(spatial.KDTree):
        def __init__(self, data: np.ndarray) -> None:
            trees.append(len(data))
            super().__init__(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spatial, "KDTree", Counted)
        found = cue(j, "diversity")
    assert trees == [1]
    assert found[-1] == 255 and (found[:-1] == 0).all()


def test_coverage_is_strong_for_classes_that_lack_labels() -> None:
    j = item_state([0, 0, -1, -1, -1, -1], [0, 0, 0, 1, 1, -1], [1, 1, 1, 1, 1, 0])
    assert cue(j, "coverage").tolist() == [85, 85, 85, 255, 255, 255]


@pytest.mark.parametrize("which", ALL)
def test_cues_of_one_item_of_items_in_one_place_and_of_all_labelled(which: str) -> None:
    for j in (
        item_state([-1], [-1], [0]),
        item_state([0], [0], [1.0]),
        item_state([0] * 50, [0] * 50, [0.5] * 50),
        item_state([-1] * 50, [-1] * 50, [0] * 50),
    ):
        assert len(cue(j, which)) == len(j.labels)  # type: ignore[arg-type]
