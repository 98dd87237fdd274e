"""Suggestions: the gesture with the largest gain, and the reason for the gesture."""

import numpy as np
import pytest

from lodespace.protocol import SHEET_SIZE
from lodespace.review.contact_sheets import CHECKING_UNTIL, sheet
from lodespace.review.effort import sheet_seconds
from lodespace.review.region import best_region
from lodespace.review.sheet_size import SMALL_UNTIL, sheet_size
from lodespace.review.suggestion import REGIONS_FROM, WORTH_DRAWING, suggest
from lodespace.session.item_state import ItemState
from samples.item_states import item_state, random_item_state


def name(class_id: int) -> str:
    return f"class {class_id}"


def clouds(sizes: list[int], axes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Positions of round blobs far apart, and the index of the blob of each item."""
    random = np.random.default_rng(0)
    blob = np.repeat(np.arange(len(sizes)), sizes)
    return 10000 * (blob[:, None] + 1) + random.normal(0, 400, (len(blob), axes)), blob


def some_known(n: int, *others: int) -> tuple[np.ndarray, list[int]]:
    """Return labels (n,), and the numbers of the labelled items: `others` and the last two items.

    The labels alternate between the classes 0 and 1. The tests pass the labelled items as verified.
    """
    labels = np.full(n, -1)
    known = [*others, n - 2, n - 1]
    labels[known] = np.arange(len(known)) % 2
    return labels, known


def labelled_place(positions: np.ndarray, labels: np.ndarray, known: list[int]) -> ItemState:
    """Return a state with REGIONS_FROM more items, far from the others.

    They are verified, and predicted rightly. All other items are predicted as class 0, with doubt.
    """
    n, more = len(positions), REGIONS_FROM
    far = np.full((more, positions.shape[1]), 60_000) + 900 * np.arange(more)[:, None] % 5000
    both = np.concatenate([labels, np.arange(more) % 2])
    return item_state(
        both,
        np.concatenate([np.zeros(n), np.arange(more) % 2]),
        np.concatenate([np.full(n, 0.4), np.full(more, 0.99)]),
        positions=np.concatenate([positions, far]),
        verified=[*known, *range(n, n + more)],
    )


def test_before_anything_is_predicted_an_overview_is_next() -> None:
    positions, blob = clouds([60, 200, 30])
    n = len(blob)
    found = suggest(item_state([-1] * n, [-1] * n, [0] * n, positions=positions), name)
    assert (found.kind, found.items, found.gain, found.size) == ("overview", [], 18, 18)
    assert found.reason.startswith("18 items from all over the map, in 7 groups")
    assert found.seconds == pytest.approx(sheet_seconds(18, 7), abs=0.06)


def test_the_first_sheets_are_smaller_if_few_classes_are_listed() -> None:
    positions, blob = clouds([60, 200, 60])
    nothing = [-1] * len(blob)
    for listed, size in ((0, 18), (1, 18), (2, 9), (4, 9), (5, 18), (9, 18), (10, 27), (20, 27)):
        classes = list(range(listed))
        state = item_state(nothing, nothing, [0.0] * 320, positions=positions, classes=classes)
        found = suggest(state, name)
        assert (found.kind, found.size) == ("overview", size)
        assert found.reason.startswith(f"{size} items")
        assert len(sheet(state, "overview").items) == 27
    some = item_state(
        np.where(np.arange(320) < 2, 0, -1),
        [0] * 320,
        [0.6] * 320,
        positions=positions,
        verified=[0, 1],
        classes=[0, 1, 2, 3, 4],
    )
    assert (suggest(some, name).kind, suggest(some, name).size) == ("overview", 18)
    lassos = item_state(np.minimum(blob, 1), [0] * 320, [0.6] * 320, positions=positions)
    assert sheet_size(lassos) == 9 and sheet_size(lassos._replace(given=lassos.labelled)) == 27
    for verified, size in ((9, 9), (SHEET_SIZE, 9), (SMALL_UNTIL - 1, 9), (SMALL_UNTIL, 27)):
        labels = np.where(np.arange(320) < verified, blob, -1)
        labels[-1] = 1
        state = item_state(
            *(labels, [0] * 320, [0.6] * 320),
            positions=positions,
            verified=list(range(verified)),
            classes=[0, 1],
        )
        assert suggest(state, name).size == size


@pytest.mark.parametrize("axes", [2, 3])
def test_an_overview_is_next_until_all_classes_have_labels(axes: int) -> None:
    positions, blob = clouds([160, 200, 120], axes)
    n = len(blob)
    labels = np.where((blob == 0) & (np.arange(n) % 2 == 0), 0, -1)
    for listed, known in (
        ([0, 1, 2], "1 of 3 classes have labels"),
        ([0], "only one class is listed"),
    ):
        state = item_state(labels, [0] * n, [0.99] * n, positions=positions, classes=listed)
        found = suggest(state, name)
        assert (found.kind, found.class_id, found.gain) == ("overview", -1, None)
        assert found.reason.startswith(known) and "may be a new class" in found.reason
    labels[blob > 0] = 1  # no island is left, but class 2 has no label
    found = suggest(
        item_state(labels, [0] * n, [0.99] * n, positions=positions, classes=[0, 1, 2]), name
    )
    assert (found.kind, found.gain) == ("overview", None)
    assert found.reason.startswith("2 of 3 classes have labels")
    assert "new class" not in found.reason


def test_an_island_that_no_label_explains_may_be_a_new_class() -> None:
    positions, blob = clouds([160, 200, 120])
    n = len(blob)
    labels = np.where(blob == 2, -1, blob)
    found = suggest(
        item_state(labels, np.where(blob == 2, 1, blob), [0.99] * n, positions=positions), name
    )
    assert (found.kind, found.class_id, found.gain) == ("overview", -1, 120)
    assert found.reason == "120 items close together have no label: they may be a new class"


def test_the_gesture_with_more_items_per_second_is_next() -> None:
    """An island of a new class is worth a look only if it is larger than what sheets correct."""
    random = np.random.default_rng(0)
    for island, kind in ((12, "uncertain"), (200, "overview")):
        known, n = 1200, 1200 + island
        positions = np.concatenate(
            [random.uniform(0, 60000, (known, 3)), random.normal(90000, 300, (island, 3))]
        )
        labels = np.full(n, -1)
        labels[: known // 2] = np.arange(known // 2) % 2
        confidence = np.where(np.arange(n) < known, 0.6, 0.99)
        state = item_state(
            labels,
            np.where(labels >= 0, labels, 0),
            confidence,
            positions=positions,
            verified=list(range(known // 2)),
        )
        found = suggest(state, name)
        assert (found.kind, found.seconds is None) == (kind, False)


@pytest.mark.parametrize("axes", [2, 3])
def test_a_region_ends_where_its_dense_spot_ends(axes: int) -> None:
    positions, blob = clouds([60, 200, 30], axes)
    n = len(blob)
    labels, known = some_known(n, 0, 60)
    found = suggest(labelled_place(positions, labels, known), name)
    assert found.kind == "region" and found.class_id == 0
    assert set(blob[found.items].tolist()) == {1} and len(found.items) > 80


def test_a_region_has_items_of_one_prediction_and_gains_their_doubts() -> None:
    positions, blob = clouds([150, 150])
    prediction = blob.copy()
    prediction[:3] = 1
    confidence = np.where(blob == 0, 0.4, 0.97)
    labels, known = some_known(300, 0, *range(150, 150 + REGIONS_FROM))
    found = suggest(
        item_state(labels, prediction, confidence, positions=positions, verified=known), name
    )
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
    labels, known = some_known(300, 0)
    sure = item_state(
        labels,
        blob,
        np.where(np.arange(300) % 3 == 0, 0.45, 0.8),
        positions=positions,
        verified=known,
    )
    region = best_region(sure)
    assert region is not None and region.gain == 0
    assert suggest(sure, name).kind == "uncertain"


def test_a_region_of_fewer_items_than_two_sheets_is_not_suggested() -> None:
    for size, kind in ((WORTH_DRAWING - 14, "uncertain"), (2 * WORTH_DRAWING, "region")):
        positions, _ = clouds([size])
        labels, known = some_known(size)
        doubted = labelled_place(positions, labels, known)
        region = best_region(doubted)
        assert region is not None and region.gain > 0.6 * len(region.items) - 2
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
    known = item_state(labels, prediction, np.full(500, 0.97), classes=[0, 1])
    # Class 1 has no label, so suspects are off. Each item has a label, so there is no overview.
    assert suggest(known, name).kind == "uncertain"
    labels[499], prediction[499] = 1, 1
    sure, given = np.full(500, 0.97), list(range(500))
    found = suggest(item_state(labels, prediction, sure, given=given), name)
    assert (found.kind, found.items) == ("suspects", [])
    assert found.reason == "27 labels the model doubts: about 14 of them are wrong"
    assert found.gain == pytest.approx(14 * 0.97 + 13 * 0.03, abs=0.1)


def test_uncertain_items_are_next_where_they_lie_scattered() -> None:
    random = np.random.default_rng(0)
    n = 400
    confidence = np.full(n, 0.995)
    confidence[random.choice(n, 40, replace=False)] = 0.5
    labels, known = some_known(n)
    found = suggest(
        item_state(
            labels,
            random.integers(0, 9, n),
            confidence,
            positions=random.uniform(0, 60000, (n, 3)),
            verified=known,
        ),
        name,
    )
    assert found.kind == "uncertain" and found.items == []
    assert found.reason == (
        "9 items between two classes, or far from every label: about 3 of them are wrong"
    )


def test_no_region_is_suggested_while_few_items_have_labels_of_their_own() -> None:
    positions, _ = clouds([200])
    labels, known = some_known(200)
    many = labelled_place(positions, labels, known)
    assert suggest(many, name).kind == "region"
    fewer = many._replace(verified=many.verified & (np.arange(len(many.labels)) != 200))
    assert suggest(fewer, name).kind == "region"  # one of them has lost its label of its own
    for item in range(201, 203):
        fewer.verified[item] = False
    region = best_region(fewer)
    assert region is not None and len(region.items) >= WORTH_DRAWING
    assert suggest(fewer, name).kind != "region"


def test_it_is_not_done_while_sheets_show_places_without_a_label() -> None:
    """The model may be wrong in such places without any doubt."""
    for labelled, kind in ((CHECKING_UNTIL - 1, "uncertain"), (CHECKING_UNTIL, "done")):
        labels = np.where(np.arange(200) < labelled, np.arange(200) % 2, -1)
        state = item_state(
            *(labels, np.arange(200) % 2, [0.985] * 200), verified=list(range(labelled))
        )
        assert suggest(state, name).kind == kind


def test_very_few_labels_are_not_enough_to_be_done() -> None:
    labels = np.where(np.arange(200) < 9, np.arange(200) % 2, -1)
    state = item_state(labels, np.arange(200) % 2, [0.999] * 200, verified=list(range(9)))
    assert suggest(state, name).kind == "uncertain"


def test_it_is_done_when_nearly_all_is_right() -> None:
    half = [0] * 50 + [1] * 50
    found = suggest(item_state(half, half, [0.995] * 100), name)
    assert (found.kind, found.items, found.gain, found.class_id) == ("done", [], 0.0, -1)
    assert found.seconds is None
    assert found.reason == "about 99 % of all items are right (estimated); no gesture is needed"


def test_it_is_done_when_nothing_gains_an_item() -> None:
    nearly = item_state([0, 0, 1], [0, 0, 1], [0.9, 0.9, 0.9])
    assert suggest(nearly, name).kind == "done"
    labelled = item_state([0, 0, 1], [-1, -1, -1], [0, 0, 0])
    assert (
        suggest(labelled, name).reason == "every item is labelled, and the model reports no doubts"
    )
    locked = item_state([0] * 29 + [1], [1] * 30, [0.9] * 30, locked=list(range(30)))
    assert suggest(locked, name).kind == "done"


def test_the_same_items_give_the_same_suggestion() -> None:
    assert suggest(random_item_state(5), name) == suggest(random_item_state(5), name)
