"""Doubts follow labels at once, though the trainer's are of a moment ago."""

import numpy as np

from lodespace.session.uncertainty import Doubts, least_doubt, least_margin


def f(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def c(*values: int) -> np.ndarray:
    return np.array(values, np.int16)


def test_what_is_known_of_predictions_alone() -> None:
    doubt = least_doubt(c(-1, 1, 1, 1, -1, 0), c(1, 1, 0, 0, -1, -1), f(0.9, 0.9, 0.9, 0.3, 0, 0))
    np.testing.assert_allclose(doubt, [0.1, 0.1, 0.9, 0.7, 1, 1], atol=1e-6)
    np.testing.assert_allclose(least_margin(f(1, 0.75, 0.5, 0.2)), [1, 0.5, 0, 0], atol=1e-6)


def test_a_label_that_is_given_is_doubted_before_the_trainer_has_heard_of_it() -> None:
    doubts = Doubts(3)
    labels, prediction, confidence = c(-1, -1, 0), c(0, 0, 0), f(0.9, 0.8, 0.7)
    told = f(0.1, 0.2, 0.35)
    doubts.take(f(0.8, 0.6, 0.4), told, labels=labels, prediction=prediction, confidence=confidence)
    np.testing.assert_array_equal(doubts.doubt, told)
    labels = c(-1, 1, 0)
    before = doubts.doubt
    changed = np.array([1], np.uint32)
    doubts.relabelled(changed, labels=c(1), prediction=c(0), confidence=f(0.8))
    np.testing.assert_allclose(doubts.doubt, [0.1, 0.8, 0.35], atol=1e-6)
    np.testing.assert_array_equal(before, told)  # who has the arrays of before keeps them
    # A frame that was on its way tells of the items as they were; that of another label is passed over ...
    doubts.take(
        f(0.8, 0.6, 0.4), told.copy(), labels=labels, prediction=prediction, confidence=confidence
    )
    np.testing.assert_allclose(doubts.doubt, [0.1, 0.8, 0.35], atol=1e-6)
    # ... until the trainer has judged it.
    doubts.take(
        f(0.8, 0.6, 0.4),
        f(0.1, 0.95, 0.35),
        labels=labels,
        prediction=prediction,
        confidence=confidence,
    )
    np.testing.assert_allclose(doubts.doubt, [0.1, 0.95, 0.35], atol=1e-6)


def test_the_version_counts_changes_alone() -> None:
    doubts = Doubts(2)
    values = {"labels": c(-1, 0), "prediction": c(0, 0), "confidence": f(0.9, 0.8)}
    doubts.take(f(0.8, 0.6), f(0.1, 0.2), **values)
    version = doubts.version
    doubts.take(f(0.8, 0.6), f(0.1, 0.2), **values)
    assert doubts.version == version
    doubts.relabelled(np.empty(0, np.uint32), labels=c(), prediction=c(), confidence=f())
    assert doubts.version == version
    doubts.take(f(0.8, 0.6), f(0.1, 0.3), **values)
    assert doubts.version == version + 1


def test_numbers_that_are_none_are_the_worst() -> None:
    doubts = Doubts(2)
    nan = f(np.nan, np.inf)
    doubts.take(nan, nan, labels=c(0, 0), prediction=c(0, 0), confidence=f(0.9, 0.9))
    assert doubts.doubt.tolist() == [1, 1] and doubts.margin[0] == 0
