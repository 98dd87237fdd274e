"""Suggestions: the gesture with the largest gain, and the reason for the gesture."""

import numpy as np
import pytest

from lodespace.review.suggestion import WORTH_DRAWING, best_region, suggest
from samples.item_states import item_state, random_item_state


def name(class_id: int) -> str:
    return f"class {class_id}"


def clouds(sizes: list[int], axes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Positions of round blobs far apart, and the index of the blob of each item."""
    random = np.random.default_rng(0)
    blob = np.repeat(np.arange(len(sizes)), sizes)
    return 10000 * (blob[:, None] + 1) + random.normal(0, 400, (len(blob), axes)), blob


def test_before_anything_is_predicted_an_overview_is_next() -> None:
    positions, blob = clouds([60, 200, 30])
    n = len(blob)
    for labels in ([-1] * n, [0] * 50 + [-1] * (n - 50)):
        found = suggest(item_state(labels, [-1] * n, [0] * n, positions=positions), name)
        assert (found.kind, found.items, found.gain) == ("uncertain", [], 27)
        assert found.reason.startswith("27 items from all over the map")


@pytest.mark.parametrize("axes", [2, 3])
def test_a_region_ends_where_its_dense_spot_ends(axes: int) -> None:
    positions, blob = clouds([60, 200, 30], axes)
    n = len(blob)
    found = suggest(item_state([-1] * n, [0] * n, [0.4] * n, positions=positions), name)
    assert found.kind == "region" and found.class_id == 0
    assert set(blob[found.items].tolist()) == {1} and len(found.items) > 80


def test_a_region_has_items_of_one_prediction_and_gains_their_doubts() -> None:
    positions, blob = clouds([150, 150])
    prediction = blob.copy()
    prediction[:3] = 1
    confidence = np.where(blob == 0, 0.4, 0.97)
    found = suggest(item_state([-1] * 300, prediction, confidence, positions=positions), name)
    assert found.kind == "region" and found.class_id == 0
    assert set(blob[found.items].tolist()) == {0} and found.items == sorted(found.items)
    agree = int((prediction[found.items] == 0).sum())
    assert found.gain == pytest.approx(0.6 * agree, abs=0.1)
    share = int(100 * agree / len(found.items))
    assert found.reason == (
        f"{len(found.items)} unlabelled items close together: the model predicts class 0 for "
        f"{share} % of them, but with low confidence"
    )


def test_a_region_with_sure_predictions_gains_nothing() -> None:
    positions, blob = clouds([150, 150])
    sure = item_state(
        [-1] * 300, blob, np.where(np.arange(300) % 3 == 0, 0.45, 0.8), positions=positions
    )
    region = best_region(sure)
    assert region is not None and region.gain == 0
    assert suggest(sure, name).kind == "uncertain"


def test_a_region_of_fewer_items_than_two_sheets_is_not_suggested() -> None:
    for size, kind in ((WORTH_DRAWING - 14, "uncertain"), (2 * WORTH_DRAWING, "region")):
        positions, _ = clouds([size])
        doubted = item_state([-1] * size, [0] * size, [0.4] * size, positions=positions)
        region = best_region(doubted)
        assert region is not None and region.gain > 0.6 * len(region.items) - 1
        assert (len(region.items) >= WORTH_DRAWING) == (kind == "region")
        assert suggest(doubted, name).kind == kind


def test_a_ball_ends_where_the_predictions_do_not_agree() -> None:
    random = np.random.default_rng(3)
    positions = random.uniform(0, 60000, (3000, 2))
    prediction = (positions[:, 0] > 30000).astype(int)  # two halves of an even cloud
    region = best_region(
        item_state([-1] * 3000, prediction, np.full(3000, 0.5), positions=positions)
    )
    assert region is not None and region.agreement >= 0.9
    assert (prediction[region.items] == region.class_id).mean() == pytest.approx(region.agreement)


def test_labelled_and_locked_items_are_in_no_region() -> None:
    for seed in range(4):
        j = random_item_state(seed)
        region = best_region(j)
        assert region is not None
        assert not (j.labelled | j.locked)[region.items].any()


def test_suspects_are_next_where_labels_are_doubtful() -> None:
    labels, prediction = np.zeros(500), np.zeros(500)
    prediction[:14] = 1
    found = suggest(item_state(labels, prediction, np.full(500, 0.97)), name)
    assert (found.kind, found.items) == ("suspects", [])
    assert found.reason == "27 labels the model doubts: about 14 of them are wrong"
    assert found.gain == pytest.approx(14 * 0.97 + 13 * 0.03, abs=0.1)


def test_uncertain_items_are_next_where_they_lie_scattered() -> None:
    random = np.random.default_rng(0)
    n = 400
    confidence = np.full(n, 0.995)
    confidence[random.choice(n, 40, replace=False)] = 0.5
    found = suggest(
        item_state(
            [-1] * n,
            random.integers(0, 9, n),
            confidence,
            positions=random.uniform(0, 60000, (n, 3)),
        ),
        name,
    )
    assert found.kind == "uncertain" and found.items == []
    assert found.reason == "27 items between two classes: about 14 of them are wrong"


def test_it_is_done_when_nearly_all_is_right() -> None:
    found = suggest(item_state([0] * 100, [0] * 100, [0.995] * 100), name)
    assert (found.kind, found.items, found.gain, found.class_id) == ("done", [], 0.0, -1)
    assert found.reason == "about 99 % of all items are right (estimated); no gesture is needed"


def test_it_is_done_when_nothing_gains_an_item() -> None:
    nearly = item_state([0, 0, 0], [0, 0, 0], [0.9, 0.9, 0.9])
    assert suggest(nearly, name).kind == "done"
    labelled = item_state([0, 0, 0], [-1, -1, -1], [0, 0, 0])
    assert (
        suggest(labelled, name).reason == "every item is labelled, and the model reports no doubts"
    )
    locked = item_state([0] * 30, [1] * 30, [0.9] * 30, locked=list(range(30)))
    assert suggest(locked, name).kind == "done"


def test_the_same_items_give_the_same_suggestion() -> None:
    assert suggest(random_item_state(5), name) == suggest(random_item_state(5), name)
