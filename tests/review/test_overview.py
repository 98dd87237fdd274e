"""Overview sheets: every class early, groups of near items, and islands that may be a new class."""

import numpy as np
import pytest

from lodespace.review.contact_sheets import SEARCHED, queue, sheet
from samples.item_states import item_state


def blobs(sizes: list[int], axes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Positions of round blobs in random places far apart, in random order, and their blobs."""
    random = np.random.default_rng(1)
    side = int(np.ceil(len(sizes) ** (1 / axes)))
    cells = random.permutation(side**axes)[: len(sizes)]
    centres = np.stack(np.unravel_index(cells, (side,) * axes), axis=1) * 6000
    blob = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return centres[blob] + random.normal(0, 300, (len(blob), axes)), blob


def labelled_on_sheets(blob: np.ndarray, positions: np.ndarray, sheets: int) -> list[int]:
    """Label overview sheets as a person does. Return the number of known classes after each."""
    labels, n = np.full(len(blob), -1), len(blob)
    listed = np.unique(blob).tolist()
    known = []
    for _ in range(sheets):
        state = item_state(labels, [-1] * n, [0] * n, positions=positions, classes=listed)
        items = [one.item for one in sheet(state, "overview").items]
        assert (labels[items] == -1).all() and len(set(items)) == 27
        labels[items] = blob[items]
        known.append(len(set(labels.tolist()) - {-1}))
    return known


@pytest.mark.parametrize("axes", [2, 3])
def test_the_first_sheet_shows_every_class_also_of_one_percent(axes: int) -> None:
    positions, blob = blobs([300] * 9 + [140] * 10 + [45], axes)
    assert labelled_on_sheets(blob, positions, 1) == [20]


def test_many_classes_are_shown_in_as_few_sheets_as_possible() -> None:
    positions, blob = blobs([*range(12, 72)])
    assert labelled_on_sheets(blob, positions, 3) == [27, 54, 60]


def test_a_group_is_a_region_and_counts_the_items_it_stands_for() -> None:
    positions, blob = blobs([90, 400, 10, 200, 300])
    found = sheet(item_state([-1] * 1000, [-1] * 1000, [0] * 1000, positions=positions), "overview")
    group = np.array([one.group for one in found.items])
    assert group.tolist() == sorted(group.tolist()) and len(found.groups) == group.max() + 1 == 10
    of_group = [set(blob[[one.item for one in found.items if one.group == k]]) for k in range(10)]
    assert all(len(group) == 1 for group in of_group) and set.union(*of_group) == set(range(5))
    sizes = [group.size for group in found.groups]
    assert sum(sizes) == 1000 and sizes == sorted(sizes, reverse=True)  # type: ignore[arg-type]
    assert not any(group.may_be_new for group in found.groups)  # without labels, no group is marked


def test_a_sheet_has_a_few_more_groups_than_classes_are_listed() -> None:
    positions, _ = blobs([300] * 4)
    nothing = [-1] * 1200
    for listed, size, groups in (
        *((0, 27, 10), (2, 9, 2), (3, 18, 4), (7, 27, 9), (8, 27, 10)),
        *((12, 27, 12), (60, 27, 27)),
    ):
        state = item_state(
            nothing, nothing, [0] * 1200, positions=positions, classes=list(range(listed))
        )
        assert len(sheet(state, "overview", size).groups) == groups


def test_an_island_that_no_label_explains_may_be_a_new_class() -> None:
    positions, blob = blobs([160, 200, 120])
    labels = np.where(blob == 2, -1, blob)
    unsure = np.where(blob == 2, 0.99, 0.6)  # uncertain items are labelled items of other islands
    state = item_state(labels, np.where(blob == 2, 1, blob), unsure, positions=positions)
    found = sheet(state, "overview")
    new = [one for one in found.items if found.groups[one.group].may_be_new]
    assert {int(blob[one.item]) for one in new} == {2} and len(new) == SEARCHED
    assert len(found.items) == 27 and found.total == 120
    assert sum(group.size or 0 for group in found.groups) == 120
    (seen,) = np.flatnonzero(blob == 2)[:1]
    labels[seen] = 1
    explained = item_state(
        labels, np.where(blob == 2, 1, blob), unsure, positions=positions, verified=[int(seen)]
    )
    assert not any(group.may_be_new for group in sheet(explained, "overview").groups)


def test_a_sheet_searches_for_missing_classes_beside_uncertain_items() -> None:
    positions, blob = blobs([200, 200, 200])
    labels = np.full(600, -1)
    for k in (0, 1):
        labels[np.flatnonzero(blob == k)[:30]] = k
    prediction = np.minimum(blob, 1)
    confidence = np.where(blob == 0, 0.55, 0.99)
    state = item_state(
        labels,
        prediction,
        confidence,
        positions=positions,
        verified=np.flatnonzero(labels >= 0).tolist(),
        classes=[0, 1, 2],
    )
    found = sheet(state, "overview")
    searched = [one for one in found.items if found.groups[one.group].size is not None]
    assert len(searched) == SEARCHED and found.expected_wrong is None
    assert {int(blob[one.item]) for one in searched[:3]} == {2}
    uncertain = [one for one in found.items if found.groups[one.group].size is None]
    assert len(uncertain) == 27 - SEARCHED and {one.prediction for one in uncertain} == {0}


def test_the_search_takes_the_share_of_classes_seen_once() -> None:
    """By Good's estimate, the share of labels that are the only one of their class is the share of
    items of unseen classes. The other pictures of the sheet are uncertain items."""
    positions, blob = blobs([40] * 30)

    def searched(counts: list[int]) -> int:
        labels = np.full(len(blob), -1)
        for class_id, count in enumerate(counts):
            labels[np.flatnonzero(blob == class_id)[:count]] = class_id
        verified = np.flatnonzero(labels >= 0).tolist()
        prediction = np.where(blob < len(counts), blob, 0)
        confidence = np.full(len(blob), 0.6)
        of_all = list(range(40))
        state = item_state(
            labels, prediction, confidence, positions=positions, verified=verified, classes=of_all
        )
        assert [len(sheet(state, "overview", size).items) for size in (1, 5, 8)] == [1, 5, 8]
        assert not (labels[list(queue(state, "overview", 5)[0])] >= 0).any()
        found = sheet(state, "overview")
        assert len(found.items) == 27
        return sum(found.groups[one.group].size is not None for one in found.items)

    assert searched([1] * 20) == 27
    assert searched([1] * 10 + [2] * 10) == 14, "half of the classes have no label"
    assert searched([1] * 12 + [2] * 12) == 11, "0.4 of the classes have no label"
    assert searched([1] * 18 + [2] * 9) == 14, "half of the labels"
    assert searched([3] * 30) == SEARCHED, "at least this number while a class has no label"


@pytest.mark.parametrize("listed", [0, 1, 2, 5])
def test_before_predictions_the_whole_sheet_shows_places(listed: int) -> None:
    positions, _ = blobs([60] * 6)
    nothing = [-1] * 360
    state = item_state(
        nothing, nothing, [0.0] * 360, positions=positions, classes=list(range(listed))
    )
    found = sheet(state, "overview", 18)
    assert len(found.items) == 18
    assert all(found.groups[one.group].size is not None for one in found.items)


def test_labelled_and_locked_items_are_on_no_overview() -> None:
    positions, blob = blobs([100, 100, 100])
    labels = np.where(blob == 0, 0, -1)
    locked = np.flatnonzero(blob == 1).tolist()
    state = item_state(
        labels, [-1] * 300, [0] * 300, positions=positions, locked=locked, classes=[0, 1, 2]
    )
    found = sheet(state, "overview", 200)
    assert {int(blob[one.item]) for one in found.items} == {2} and len(found.items) == 100
    assert sheet(state, "overview", 200) == found
    nothing = item_state([0, 1], [-1, -1], [0, 0])
    assert sheet(nothing, "overview").items == [] and sheet(nothing, "overview").groups == []


def test_overview_sheets_one_after_another_have_different_items() -> None:
    positions, blob = blobs([50, 50])
    state = item_state([-1] * 100, [-1] * 100, [0] * 100, positions=positions)
    first, second = (sheet(state, "overview", 27, skip) for skip in (0, 27))
    assert not {one.item for one in first.items} & {one.item for one in second.items}
    for found in (first, second):
        assert {one.group for one in found.items} == set(range(len(found.groups)))
    assert len(blob) == first.total
