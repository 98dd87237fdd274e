"""Estimates of quality. They are right if the doubts are true probabilities, and None without
predictions."""

import math
from typing import Any

import numpy as np
import pytest

from lodespace.protocol import Quality
from lodespace.review.calibration import Answers, Calibration, Evidence
from lodespace.review.quality import EASIER, FEWEST_LABELS, quality, share_right
from lodespace.session.item_state import ItemState
from samples.item_states import item_state, random_item_state


def figures(j: ItemState, **known: Any) -> Quality:
    return quality(j, **{"held_out_accuracy": None, "held_out": 0, **known})


def test_the_shares_are_sums_of_doubts() -> None:
    j = item_state([0, 0, 1, -1], [0, 1, 1, 0], [0.9, 0.8, 0.7, 0.6], verified=[2])
    found = quality(j, held_out_accuracy=0.91234, held_out=40)
    assert (found.labelled, found.verified, found.held_out, found.held_out_accuracy) == (
        3,
        1,
        40,
        0.9123,
    )
    doubt = Calibration().applied(j).doubt
    assert np.abs(doubt - [0.1, 0.8, 0.3, 0.4]).max() < 0.05
    assert found.label_error == pytest.approx((doubt[0] + doubt[1]) / 3, abs=1e-4)
    assert found.right == pytest.approx(1 - (doubt.sum() - doubt[2]) / 4, abs=1e-4)
    assert found.right_interval is not None
    assert found.right_interval.high - found.right_interval.low > 0.2
    assert (found.suspects, found.uncertain) == (1, 1)


def test_the_upper_bound_leaves_room_for_easier_items() -> None:
    """Items that no sheet shows are right more often than the calibration predicts."""
    labels = [0, 1, *[-1] * 198]
    j = item_state(labels, np.arange(200) % 2, [0.9] * 200, verified=[0, 1])
    draws = Calibration().predictions.draws(1 - j.doubt[2:])
    low, high = np.quantile(draws, (0.05, 0.95))
    found = figures(j).right_interval
    assert found is not None
    most = 2 + high + EASIER * (198 - high)
    assert found.low == pytest.approx(math.floor(2 + low) / 200, abs=1e-4)
    assert found.high == pytest.approx(math.ceil(most) / 200, abs=1e-4) and EASIER > 0.3


@pytest.mark.parametrize("count", [7, 150, 3001])
def test_intervals_end_at_shares_of_whole_items(count: int) -> None:
    """Otherwise an interval can end at 0.997, although the next lower share is 0.995."""
    labels = np.where(np.arange(count) < count // 2, np.arange(count) % 2, -1)
    found = figures(item_state(labels, np.arange(count) % 2, [0.93] * count, verified=[0, 1]))
    for interval, n, told in (
        (found.right_interval, count, found.right),
        (found.label_error_interval, found.labelled, found.label_error),
    ):
        assert interval is not None and told is not None
        # The bounds have four decimals, rounded away from the middle.
        first, last = math.ceil(interval.low * n - 1e-9), math.floor(interval.high * n + 1e-9)
        assert 0 <= first / n - interval.low < 1e-4 and 0 <= interval.high - last / n < 1e-4
        assert interval.low <= told <= interval.high


def test_doubts_that_are_probabilities_estimate_the_errors_there_are() -> None:
    """If doubt is the probability of a wrong label, the estimate agrees with the true error."""
    random = np.random.default_rng(1)
    n = 20_000
    doubt = random.beta(0.5, 4, n)
    wrong = random.random(n) < doubt
    classes = np.arange(n) % 2
    found = figures(item_state(classes, classes, 1 - doubt, doubt=doubt))
    assert found.label_error == pytest.approx(wrong.mean(), abs=0.02)
    assert found.label_error_interval is not None
    assert found.label_error_interval.low < wrong.mean() < found.label_error_interval.high


def test_nothing_is_estimated_before_anything_is_predicted() -> None:
    for labels in ([-1, -1, -1], [0, 0, -1]):
        found = figures(item_state(labels, [-1] * 3, [0] * 3))
        assert found.right is None and found.label_error is None
        assert (found.suspects, found.uncertain) == (None, None)


def test_all_verified_is_all_right() -> None:
    found = figures(item_state([0, 1], [-1, -1], [0, 0], verified=[0, 1]))
    assert (found.right, found.label_error) == (1.0, 0.0)


def test_nothing_is_scored_while_a_listed_class_has_no_label() -> None:
    labels, predicted, sure = [0, 1, 2, 3, 4, *[-1] * 45], np.arange(50) % 5, [0.99] * 50
    given = {"held_out_accuracy": 0.98, "held_out": 40}
    found = figures(item_state(labels, predicted, sure, classes=list(range(10))), **given)
    assert (found.classes, found.classes_labelled) == (10, 5)
    assert (found.suspects, found.uncertain) == (None, 0)
    unknown = ("held_out_accuracy", "right", "label_error")
    assert [getattr(found, name) for name in unknown] == [None] * 3 and found.held_out == 0
    all_five = figures(item_state(labels, predicted, sure), **given)
    assert (all_five.suspects, all_five.uncertain) == (0, 0)
    assert all_five.right == pytest.approx(0.97, abs=0.02) and all_five.held_out_accuracy == 0.98


def test_no_share_is_shown_with_very_few_labels() -> None:
    nothing = Answers(np.empty(0), np.empty(0, np.bool_), np.empty(0))
    for labelled, told in ((FEWEST_LABELS - 1, False), (FEWEST_LABELS, True)):
        known = list(range(labelled))
        labels = np.where(np.arange(200) < labelled, np.arange(200) % 2, -1)
        state = item_state(labels, np.arange(200) % 2, [0.99] * 200, verified=known)
        calibration = Calibration(Evidence(nothing, nothing, nothing, 0, labelled))
        found = quality(state, held_out_accuracy=None, held_out=0, calibration=calibration)
        assert (found.right is not None) == told


def test_nothing_is_scored_with_one_class() -> None:
    found = figures(item_state([0] * 40, [0] * 40, [0.99] * 40), held_out_accuracy=1.0, held_out=9)
    assert (found.right, found.held_out_accuracy, found.label_error) == (None, None, None)
    assert figures(item_state([], [], [])).right is None


def test_an_island_without_labels_counts_as_unknown_not_as_right() -> None:
    random = np.random.default_rng(0)
    blob = np.repeat([0, 1, 2], 200)
    positions = 10000 * (blob[:, None] + 1) + random.normal(0, 400, (600, 3))
    labels = np.where((blob < 2) & (np.arange(600) % 2 == 0), blob, -1)
    labels[-2:] = 0  # two stray items of a lasso around the first island do not explain the third
    predicted = np.minimum(blob, 1)
    found = figures(item_state(labels, predicted, [1.0] * 600, positions=positions))
    assert 190 < found.unknown <= 198
    assert found.right is not None and 2 / 3 < found.right < 0.78
    # The third island may be a class of its own, or it may belong to one of the two classes.
    assert found.right_interval is not None
    assert found.right_interval.low < 0.68 and found.right_interval.high > 0.97
    for one in ({"verified": [599]}, {"given": [599]}):
        explained = item_state(labels, predicted, [1.0] * 600, positions=positions, **one)
        assert figures(explained).unknown == 0


def test_the_figures_are_the_same_each_time_and_go_out_as_json() -> None:
    import msgspec

    found = [figures(random_item_state(7)) for _ in range(2)]
    assert found[0] == found[1]
    assert msgspec.json.decode(msgspec.json.encode(found[0]), type=type(found[0])) == found[0]


def test_right_is_a_share_of_all_items() -> None:
    j = item_state([0, 1, -1, -1], [0, 1, 1, -1], [1, 1, 1, 0])
    assert share_right(j) == pytest.approx(0.75)
