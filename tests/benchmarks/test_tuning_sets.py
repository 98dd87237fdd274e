"""Figures of the program that measures the data sets for tuning."""

import numpy as np
import pytest
import tuning_sets

from annotation_gain import data_sets
from annotation_gain.course import Course, PageEstimates
from annotation_gain.time_model import TimeModel


def run() -> Course:
    """A run with 10, 30 and 30 labels of 100, an estimate of 0.8 each time, and accepted items."""
    course = Course("as suggested", "d", 0, 100)
    truth = np.zeros(100, np.int16)
    for labels, right, kind in (
        (10, 50, "overview"),
        (30, 90, "uncertain"),
        (30, 96, "region"),
        (99, 100, "accept"),
    ):
        given = np.where(np.arange(100) < labels, 0, -1).astype(np.int16)
        prediction = np.where(np.arange(100) < right, 0, 1).astype(np.int16)
        course.add(kind, 10, {"sheet": 1}, 0.0, given, prediction, truth, told(0.8))
    return course


def told(right: float | None) -> PageEstimates:
    return PageEstimates(right, 0.9, 0.9, 0.1)


def test_shares_are_linear_between_gestures_and_constant_after_the_run() -> None:
    shares = tuning_sets.shares_right(run().looked_at(), (0, 5, 10, 20, 30, 40))
    assert shares == pytest.approx([0, 0.25, 0.5, 0.7, 0.96, 0.96])


def test_figures_leave_out_accepted_predictions_and_hidden_estimates() -> None:
    course = run()
    course.gestures[0].told = told(None)
    found = tuning_sets.figures(course)
    assert found.errors == pytest.approx([0.1, 0.16])
    assert found.seconds == 3 * TimeModel().sheet
    del course.gestures[1:]
    found = tuning_sets.figures(course)
    assert found.errors == [] and found.seconds is None


def test_a_line_has_means_over_runs_and_dashes_after_the_last_label() -> None:
    runs = [
        tuning_sets.Figures([0.5] * len(tuning_sets.AT), 20.0, [0.1, 0.3]),
        tuning_sets.Figures([0.7] * len(tuning_sets.AT), None, []),
    ]
    cells = tuning_sets.line("d", runs, labels=27).split()
    assert cells == ["d", "0.600", "0.600", "0.600", "-", "-", "-", "20", "1/2", "0.200", "0.300"]
    assert tuning_sets.line("d", runs[1:], 135).split()[-4:] == ["-", "0/1", "-", "-"]


def test_no_data_set_of_the_program_is_held_out() -> None:
    held_out = set(data_sets.sources()) - set(data_sets.TUNING)
    assert not held_out & set(tuning_sets.NAMES)


def test_parts_of_segments_differ_and_have_all_classes() -> None:
    try:
        parts = [tuning_sets.load(name) for name in tuning_sets.PARTS]
    except data_sets.MissingDataError as error:
        pytest.skip(str(error))
    assert len({part.items.tobytes() for part in parts}) == 3
    for part in parts:
        assert part.items.shape == (500, 18) and len(np.unique(part.truth)) == 7
