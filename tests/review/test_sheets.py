"""Contact sheets: the items on a sheet, the order of these items, and the items left out."""

import numpy as np
import pytest
import torch

from lodespace.review.contact_sheets import (
    CHECKING_UNTIL,
    EXPLORING_UNTIL,
    is_exploring,
    queue,
    sheet,
)
from samples.item_states import item_state, random_item_state

KINDS = ("suspects", "uncertain", "overview")


def test_suspects_are_labels_that_the_model_doubts() -> None:
    j = item_state(
        [0, 0, 1, 1, -1, 0], [0, 1, 0, 1, 1, 1], [0.9, 0.8, 0.95, 0.6, 0.5, 0.99], verified=[5]
    )
    items, total = queue(j, "suspects")
    # Item 4 has no label and item 5 is verified. Items 3 and 0 only fill the sheet.
    assert items.tolist() == [2, 1, 3, 0]
    assert total == 2


def test_suspects_come_by_doubt_whatever_is_predicted() -> None:
    j = item_state(
        [0, 0, 0, 1], [0, 1, 0, 1], [0.9, 0.4, 0.9, 1], doubt=[0.45, 0.3, 0.6, 0], verified=[3]
    )
    items, total = queue(j, "suspects")
    assert (items.tolist(), total) == ([2, 0, 1], 1)


def test_suspects_are_off_while_a_listed_class_has_no_label() -> None:
    labels, prediction = [0, 0, 0, 1, -1], [1, 1, 0, 1, 1]
    off = item_state(labels, prediction, [0.99] * 5, classes=[0, 1, 2])
    assert sheet(off, "suspects").items == [] and queue(off, "suspects")[1] == 0
    assert sheet(off, "uncertain").expected_wrong is None
    on = item_state(labels, prediction, [0.99] * 5)
    assert queue(on, "suspects")[1] == 2 and sheet(on, "suspects").expected_wrong is not None


def test_uncertain_items_come_by_margin_labelled_or_not() -> None:
    j = item_state([0, -1, 1, -1], [0, 1, 1, 0], [0.9, 0.55, 0.5, 0.7], verified=[2])
    items, total = queue(j, "uncertain")
    assert (items.tolist(), total) == ([1, 3, 0], 2)


def test_a_sheet_is_sorted_by_prediction_and_doubt() -> None:
    found = sheet(item_state([1, 1, 0, 0], [0, 0, 1, 1], [0.6, 0.9, 0.7, 0.8]), "suspects")
    assert [(s.prediction, s.item) for s in found.items] == [(0, 1), (0, 0), (1, 3), (1, 2)]
    assert found.expected_wrong == pytest.approx(0.6 + 0.9 + 0.7 + 0.8, abs=0.01)
    (first, *_) = found.items
    assert (first.class_id, first.confidence, first.doubt) == (1, 0.9, 0.9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [9, 27, 40])
def test_sheets_one_after_another_are_the_queue(kind: str, size: int) -> None:
    j = random_item_state(3)
    items, total = queue(j, kind, size)  # type: ignore[arg-type]
    seen: list[int] = []
    while found := sheet(j, kind, size, len(seen)).items:  # type: ignore[arg-type]
        assert len(found) <= size
        seen += [s.item for s in found]
    assert sorted(seen) == sorted(items.tolist()) and len(set(seen)) == len(seen)
    assert 0 < total < len(seen) + (kind == "overview")  # an overview needs all its items


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_sheet_holds_what_was_looked_at_or_is_locked(kind: str, seed: int) -> None:
    j = random_item_state(seed)
    items, _ = queue(j, kind)  # type: ignore[arg-type]
    assert not (j.verified | j.locked)[items].any()
    again, _ = queue(random_item_state(seed), kind)  # type: ignore[arg-type]
    assert np.array_equal(items, again)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_is_empty_without_predictions_or_unverified_items(
    kind: str,
) -> None:
    nothing = item_state([0, 1, 1], [-1, -1, -1], [0, 0, 0])
    all_verified = item_state([0, 1], [0, 0], [0.9, 0.9], verified=[0, 1])
    for j in (nothing, all_verified):
        found = sheet(j, kind)  # type: ignore[arg-type]
        assert (found.items, found.total, found.expected_wrong) == ([], 0, 0.0)


@pytest.mark.parametrize("size", [9, 27])
def test_of_uncertain_items_those_come_first_that_stand_for_the_others(size: int) -> None:
    """The items are in as many places as the sheet has pictures. The sheet has the middle item of
    each place, although one place has many more items than the others."""
    places = np.concatenate([np.zeros(40, int), np.repeat(np.arange(size), 5)])
    n = 40 + 5 * size
    positions = np.zeros((n, 3), np.int32)
    positions[:, 0] = 5_000 * (places % 9)
    positions[:, 1] = 5_000 * (places // 9) + np.arange(n) % 100
    confidence = np.linspace(0.5, 0.7, n)
    items, total = queue(
        item_state([-1] * n, [0] * n, confidence, positions=positions), "uncertain", size
    )
    assert total == n and sorted(items.tolist()) == list(range(n))
    assert sorted(places[items[:size]].tolist()) == list(range(size))
    for place in (3, size - 2):
        (one,) = items[:size][places[items[:size]] == place]
        assert abs(positions[one, 1] - positions[places == place, 1].mean()) <= 50
    # All items are in one place.
    same = queue(item_state([-1] * 60, [0] * 60, [0.5] * 60), "uncertain")[0]
    assert len(set(same[:27].tolist())) == 27


@pytest.mark.parametrize("size", [9, 27])
def test_a_sheet_has_the_most_uncertain_of_many_uncertain_items(size: int) -> None:
    n = 40 * size
    random = np.random.default_rng(0)
    state = item_state(
        *([-1] * n, [0] * n, np.linspace(0.5, 0.7, n)),
        positions=random.integers(0, 60_000, (n, 3)),
    )
    items, total = queue(state, "uncertain", size)
    assert total == n and items[:size].max() < 10 * size
    assert items[:size].max() >= 2 * size, "not only the most uncertain items"


def test_with_few_labels_a_third_of_a_sheet_shows_places_without_one() -> None:
    """A cluster that nobody has looked at may be predicted wrongly with a high confidence."""
    random = np.random.default_rng(0)
    cluster = np.repeat([0, 1, 2], 200)
    positions = 20_000 * (cluster[:, None] + 1) + random.normal(0, 300, (600, 3))
    confidence = np.where(cluster == 2, 0.99, 0.6)
    for labelled, shown in ((EXPLORING_UNTIL - 1, 3), (EXPLORING_UNTIL, 0)):
        labels = np.full(600, -1)
        known = [*range(labelled // 2), *range(200, 200 + labelled - labelled // 2)]
        labels[known] = cluster[known]
        state = item_state(
            *(labels, np.minimum(cluster, 1), confidence), positions=positions, verified=known
        )
        for size in (9, 27):
            on_sheet = sheet(state, "uncertain", size)
            items = np.array([one.item for one in on_sheet.items])
            assert int((cluster[items] == 2).sum()) == shown * size // 9
            assert len(np.unique(items)) == size and on_sheet.total == 400 - labelled
        pages = [sheet(state, "uncertain", 9, skip) for skip in range(0, 600 - labelled, 9)]
        every = [one.item for page in pages for one in page.items]
        assert sorted(every) == sorted(set(range(600)) - set(known))
    sure = state._replace(margin=np.ones(600, np.float32), verified=np.zeros(600, np.bool_))
    assert sheet(sure, "uncertain", 9).total == 3


@pytest.mark.parametrize(("confidence", "checked"), [(0.95, True), (0.85, False)])
def test_places_are_shown_longer_if_nearly_all_is_expected_right(
    confidence: float, checked: bool
) -> None:
    for labelled, exploring in ((EXPLORING_UNTIL, checked), (CHECKING_UNTIL, False)):
        labels = np.where(np.arange(400) < labelled, np.arange(400) % 2, -1)
        known = list(range(labelled))
        state = item_state(labels, np.arange(400) % 2, [confidence] * 400, verified=known)
        assert is_exploring(state, 9) == exploring
        lacking = state._replace(classes=np.arange(3, dtype=np.int16))
        assert len(lacking.lacking) == 1 and not is_exploring(lacking, 9)


@pytest.mark.parametrize("free", [1, 9, 12, 30])
def test_few_unlabelled_items_are_all_on_sheets(free: int) -> None:
    labels = np.where(np.arange(60) < free, -1, np.arange(60) % 2)
    state = item_state(labels, [0] * 60, [0.9] * 60, verified=list(range(free, 60)))
    state.verified[free + 30 :] = False  # a lasso has labelled the other items
    for locked in ([], [0]):
        state.locked[locked] = True
        shown = [one.item for one in sheet(state, "uncertain", 27).items]
        assert (
            len(set(shown)) == len(shown) == min(27, int((~state.verified & ~state.locked).sum()))
        )
        assert not set(shown) & set(locked)


def test_before_anything_is_predicted_a_sheet_is_an_overview_of_the_map() -> None:
    places = np.arange(400) % 27
    positions = np.zeros((400, 3), np.int32)
    positions[:, 1] = 2_000 * places + np.arange(400) % 13
    j = item_state([-1] * 400, [-1] * 400, [0.0] * 400, positions=positions, locked=[])
    found = sheet(j, "uncertain")
    assert len(found.items) == 27 and found.total == 400
    assert len({int(places[s.item]) for s in found.items}) == 27
    assert {s.prediction for s in found.items} == {-1}
    assert sheet(j, "suspects").items == []


def test_an_overview_is_drawn_apart_from_the_items_that_are_held_out() -> None:
    """At most a tenth of the items of an overview sheet are held-out items."""
    from lodespace.models import Dataset, preset
    from lodespace.models.training.labels import ItemLabels
    from lodespace.models.training.paper_loop import PaperLoop

    n = 3000
    random = np.random.default_rng(0)
    j = item_state([-1] * n, [-1] * n, [0.0] * n, positions=random.integers(0, 60_000, (n, 3)))
    items = [entry.item for entry in sheet(j, "uncertain", 200).items]
    loop = PaperLoop(Dataset.from_vectors(random.normal(size=(n, 3))), preset("paper"), 2, 0)
    labels = np.full(n, -1)
    labels[items] = 0
    loop.set_labels(ItemLabels.of(torch.from_numpy(labels)))
    held_out = loop.state.labels.held_out
    assert held_out is not None
    assert 0.02 <= float(held_out.sum()) / len(items) <= 0.2
