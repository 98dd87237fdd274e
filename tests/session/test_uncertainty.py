"""Bounds of margin and doubt. A new label changes the bounds at once; the exact values arrive
later from the trainer."""

import numpy as np

from lodespace.models.item_predictions import ItemPredictions
from lodespace.session.uncertainty import UncertaintyTracker, doubt_lower_bound, margin_lower_bound


def f(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def c(*values: int) -> np.ndarray:
    return np.array(values, np.int16)


def test_bounds_without_the_trainers_values_follow_the_confidence() -> None:
    doubt = doubt_lower_bound(
        c(-1, 1, 1, 1, -1, 0), c(1, 1, 0, 0, -1, -1), f(0.9, 0.9, 0.9, 0.3, 0, 0)
    )
    np.testing.assert_allclose(doubt, [0.1, 0.1, 0.9, 0.7, 1, 1], atol=1e-6)
    np.testing.assert_allclose(margin_lower_bound(f(1, 0.75, 0.5, 0.2)), [1, 0.5, 0, 0], atol=1e-6)


def test_doubt_of_a_relabelled_item_is_bounded_until_the_trainer_sees_it() -> None:
    tracker = UncertaintyTracker(3)
    prediction, confidence, margin = c(0, 0, 0), f(0.9, 0.8, 0.7), f(0.8, 0.6, 0.4)
    first = f(0.1, 0.2, 0.35)
    tracker.update(ItemPredictions(prediction, confidence, margin, first), c(-1, -1, 0))
    np.testing.assert_array_equal(tracker.doubt, first)
    labels = c(-1, 1, 0)
    before = tracker.doubt
    changed = np.array([1], np.uint32)
    tracker.on_relabel(changed, labels=c(1), prediction=c(0), confidence=f(0.8))
    np.testing.assert_allclose(tracker.doubt, [0.1, 0.8, 0.35], atol=1e-6)
    np.testing.assert_array_equal(before, first)  # readers of the previous array keep it
    # A frame from before the label repeats the old doubt of the item, which is ignored ...
    tracker.update(ItemPredictions(prediction, confidence, margin, first.copy()), labels)
    np.testing.assert_allclose(tracker.doubt, [0.1, 0.8, 0.35], atol=1e-6)
    # ... until the trainer has seen the label.
    tracker.update(ItemPredictions(prediction, confidence, margin, f(0.1, 0.95, 0.35)), labels)
    np.testing.assert_allclose(tracker.doubt, [0.1, 0.95, 0.35], atol=1e-6)


def test_version_of_the_uncertainty_counts_only_changes() -> None:
    tracker, labels = UncertaintyTracker(2), c(-1, 0)
    frame = ItemPredictions(c(0, 0), f(0.9, 0.8), f(0.8, 0.6), f(0.1, 0.2))
    tracker.update(frame, labels)
    version = tracker.version
    tracker.update(frame, labels)
    assert tracker.version == version
    tracker.on_relabel(np.empty(0, np.uint32), labels=c(), prediction=c(), confidence=f())
    assert tracker.version == version
    tracker.update(frame._replace(doubt=f(0.1, 0.3)), labels)
    assert tracker.version == version + 1


def test_values_that_are_not_finite_count_as_the_worst() -> None:
    tracker, bad = UncertaintyTracker(2), f(np.nan, np.inf)
    tracker.update(ItemPredictions(c(0, 0), f(0.9, 0.9), bad, bad), c(0, 0))
    assert tracker.doubt.tolist() == [1, 1] and tracker.margin[0] == 0
