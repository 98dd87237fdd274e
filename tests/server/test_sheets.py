"""Contact sheets: what is on them, in what order, and what is not."""

import numpy as np
import pytest
from judgements import judgement, random_judgement

from lodespace.sheets import queue, sheet

KINDS = ("suspects", "uncertain")


def test_suspects_are_labels_that_the_model_doubts() -> None:
    j = judgement([0, 0, 1, 1, -1, 0], [0, 1, 0, 1, 1, 1], [0.9, 0.8, 0.95, 0.6, 0.5, 0.99], verified=[5])
    items, total = queue(j, "suspects")
    assert items.tolist() == [2, 1, 3, 0]  # 4 has no label, 5 was looked at; 3 and 0 only fill the sheet up
    assert total == 2


def test_a_label_is_a_suspect_if_something_else_is_predicted_however_sure_the_model_is_of_it() -> None:
    j = judgement([0, 0], [0, 1], [0.9, 0.4], doubt=[0.45, 0.3])
    items, total = queue(j, "suspects")
    assert (items.tolist(), total) == ([1, 0], 1)


def test_uncertain_items_come_by_margin_labelled_or_not() -> None:
    j = judgement([0, -1, 1, -1], [0, 1, 1, 0], [0.9, 0.55, 0.5, 0.7], verified=[2])
    items, total = queue(j, "uncertain")
    assert (items.tolist(), total) == ([1, 3, 0], 2)


def test_a_sheet_is_sorted_by_prediction_with_the_most_doubtful_of_each_first() -> None:
    found = sheet(judgement([1, 1, 0, 0], [0, 0, 1, 1], [0.6, 0.9, 0.7, 0.8]), "suspects")
    assert [(s.prediction, s.item) for s in found.items] == [(0, 1), (0, 0), (1, 3), (1, 2)]
    assert found.expected_wrong == pytest.approx(0.6 + 0.9 + 0.7 + 0.8, abs=0.01)
    (first, *_) = found.items
    assert (first.class_id, first.confidence, first.doubt) == (1, 0.9, 0.9)


@pytest.mark.parametrize("kind", KINDS)
def test_sheets_one_after_another_are_the_queue(kind: str) -> None:
    j = random_judgement(3)
    items, total = queue(j, kind)  # type: ignore[arg-type]
    seen: list[int] = []
    while found := sheet(j, kind, 27, len(seen)).items:  # type: ignore[arg-type]
        assert len(found) <= 27
        seen += [s.item for s in found]
    assert sorted(seen) == sorted(items.tolist()) and len(set(seen)) == len(seen)
    assert 0 < total < len(seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_sheet_holds_what_was_looked_at_or_is_locked(kind: str, seed: int) -> None:
    j = random_judgement(seed)
    items, _ = queue(j, kind)  # type: ignore[arg-type]
    assert not (j.verified | j.locked)[items].any()
    again, _ = queue(random_judgement(seed), kind)  # type: ignore[arg-type]
    assert np.array_equal(items, again)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_nothing_to_show_before_anything_is_predicted_or_after_all_is_verified(kind: str) -> None:
    nothing = judgement([0, 1, -1], [-1, -1, -1], [0, 0, 0])
    all_verified = judgement([0, 1], [0, 0], [0.9, 0.9], verified=[0, 1])
    for j in (nothing, all_verified):
        found = sheet(j, kind)  # type: ignore[arg-type]
        assert (found.items, found.total, found.expected_wrong) == ([], 0, 0.0)
